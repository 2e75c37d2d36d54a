"""Keeps what people are owed in PostgreSQL, over a pool that the caller gives and closes: `alerts.mailroom`'s port.

Shell: it decides nothing. `owe` works inside the transaction that keeps the steps; every other method is a transaction
of its own. Two processes on one database pack for a contact one at a time, so nobody is told twice. The statements are
in `alerts/people.sql`.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from alerts import outbox, people_rows
from alerts.database import Cursor, transaction
from alerts.gathering import Sent, pack, told
from alerts.letters import Message, Names, compose, fall_back
from alerts.mailroom import OVER_MS
from alerts.model import Transition
from alerts.outbox import Delivery, Letter
from alerts.owing import climb, concerns, owe, settles
from alerts.people import Notice, NoticeState
from alerts.people_book import SQL, Book
from alerts.routing import Plan
from alerts.rows import millis, stamp
from alerts.wording import describe

log = logging.getLogger(__name__)

FORGET_MS: Final = 400 * 24 * 3_600_000
FORGET_EVERY_MS: Final = 3_600_000


class PostgresMailroom:
    """The mailroom in the database; `names` is asked with each message. Raises `StoreDownError` while it is away."""

    def __init__(
        self, pool: ConnectionPool[Any], plan: Plan, names: Callable[[], Names] = Names, *, wait_s: float = 2.0
    ) -> None:
        self._plan = plan
        self._names = names
        self._transaction = partial(transaction, pool, wait_s, "people")
        self._forget_at = 0

    def owe(self, cursor: Cursor, steps: Sequence[Transition]) -> None:
        """Keep what new steps make us owe, in the caller's transaction."""
        mine = [step for step in steps if concerns(step)]
        try:
            self._owe(cursor, mine)
        except psycopg.Error:
            raise
        except Exception:
            facts = {"action": "owing_failed", "alerts": sorted({step.alert.id for step in mine})[:20]}
            log.exception("What people are owed could not be decided", extra=facts)

    def _owe(self, cursor: Cursor, mine: Sequence[Transition]) -> None:
        if not mine:
            return
        book = Book(cursor, {step.alert.id for step in mine})
        for step in mine:
            alert = step.alert.id
            if settles(step) and book.is_told(alert):
                book.untell(self._cancel(cursor, step))
            book.keep(owe(step, describe(step), self._plan, book.notices(alert), book.escalations(alert)))
        book.write()

    def begin(self, channels: Collection[str], now: int) -> None:
        """After a start: what waits for a channel that is no more goes out by the contact's first way."""
        with self._transaction() as cursor:
            for row in cursor.execute(SQL["stranded"], {"channels": [*channels], "now": stamp(now)}).fetchall():
                self._failed(cursor, {**row, "way": -1}, now)

    def advance(self, now: int) -> None:
        """See `Mailroom`."""
        with self._transaction() as cursor:
            due = [people_rows.escalation(row) for row in cursor.execute(SQL["due_escalations"], {"now": stamp(now)})]
            if due:
                book = Book(cursor, {escalation.alert_id for escalation in due})
                for escalation in due:
                    book.keep(climb(escalation, self._plan, now))
                book.write()
        for contact in self._contacts_due(now):
            with self._transaction() as cursor:
                held = cursor.execute(SQL["hold_contact"], {"contact": contact}).fetchone()
                if held is not None and held["held"]:
                    self._pack(cursor, contact, now)
        if now >= self._forget_at:
            with self._transaction() as cursor:
                cursor.execute(SQL["forget_people"], {"before": stamp(now - FORGET_MS)})
            self._forget_at = now + FORGET_EVERY_MS

    def lease(self, channel: str, now: int) -> Letter | None:
        """See `Mailroom`."""
        with self._transaction() as cursor:
            found = cursor.execute(SQL["next_message"], {"channel": channel, "now": stamp(now)}).fetchone()
            if found is None:
                return None
            leased = outbox.lease(people_rows.letter(found), now)
            cursor.execute(SQL["lease_message"], people_rows.of_letter(leased))
            if leased.state is Delivery.FAILED:
                self._failed(cursor, {**found, **people_rows.of_letter(leased)}, now)
            return leased

    def settle(self, letter: Letter) -> None:
        """See `Mailroom`."""
        with self._transaction() as cursor:
            row = cursor.execute(SQL["settle_message"], people_rows.of_letter(letter)).fetchone()
            if row is not None and letter.state is Delivery.FAILED:
                self._failed(cursor, row, letter.settled_at or 0)

    def channels_due(self, now: int) -> list[str]:
        """The channels that have a letter or a message to carry now."""
        with self._transaction() as cursor:
            return [row["channel"] for row in cursor.execute(SQL["channels_due"], {"now": stamp(now)})]

    def oldest_due(self, channels: Collection[str]) -> int | None:
        """When the oldest message or letter to these channels that nobody has carried yet was due."""
        with self._transaction() as cursor:
            found = cursor.execute(SQL["oldest_due"], {"channels": [*channels]}).fetchone()
            return None if found is None else millis(found["due_at"])

    def _contacts_due(self, now: int) -> list[str]:
        repeats = {route.name: route.repeat_ms for route in self._plan.routes.values() if route.repeat_ms}
        soonest = now - min(repeats.values(), default=0)
        asked = {"now": stamp(now), "repeating": [*repeats], "reminded_before": stamp(soonest)}
        with self._transaction() as cursor:
            return [row["contact"] for row in cursor.execute(SQL["contacts_due"], asked)]

    def _pack(self, cursor: Cursor, name: str, now: int) -> None:
        mine = [people_rows.notice(row) for row in cursor.execute(SQL["notices_of_contact"], {"contact": name})]
        contact = self._plan.contacts.get(name)
        if contact is None:  # gone from the site file: nobody to tell
            _write(cursor, [_dropped(notice) for notice in mine if notice.waits])
            return
        since = stamp(now - max(contact.limit.per_ms, OVER_MS))
        lately = cursor.execute(SQL["lately_sent"], {"contact": name, "since": since}).fetchall()
        sent = [Sent(millis(row["created_at"]) or 0, tuple(area or None for area in row["areas"])) for row in lately]
        packed = pack(contact, mine, sent, self._plan, now)
        for packet in packed.packets:
            about = {notice.alert_id for notice in packet.news or packet.still}
            message = compose(contact, packet, self._named(cursor, packet.news or packet.still), now)
            cursor.execute(SQL["write_message"], people_rows.of_message(message, about))
            _write(cursor, told(packet, message.letter.key, now, mine))
        _write(cursor, packed.changed)

    def _named(self, cursor: Cursor, notices: Sequence[Notice]) -> Names:
        """The names with those of the devices that these are about."""
        alerts = [notice.body.get("alert") for notice in notices]
        addresses = sorted({_address(str(facts["device"])) for facts in alerts if isinstance(facts, dict)})
        found = cursor.execute(SQL["device_names"], {"addresses": addresses}).fetchall()
        return replace(self._names(), devices={row["address"]: row["name"] for row in found})

    def _cancel(self, cursor: Cursor, step: Transition) -> list[str]:
        """Messages that need not go any more; gives their keys."""
        found = cursor.execute(SQL["cancel_messages"], {"alert": step.alert.id, "now": stamp(step.at)}).fetchall()
        keys = [row["key"] for row in found]
        if keys:
            cursor.execute(SQL["drop_untold"], {"messages": keys})
        return keys

    def _failed(self, cursor: Cursor, row: Mapping[str, Any], now: int) -> None:
        """One way has failed for good: the next one, or else the next level at once."""
        message: Message = people_rows.message(row)
        further = fall_back(message, self._plan.contacts.get(message.contact), now)
        if further is not None:
            cursor.execute(SQL["write_message"], people_rows.of_message(further, row["alert_ids"]))
            return
        cursor.execute(SQL["hurry_escalations"], {"alerts": row["alert_ids"], "now": stamp(now)})
        cursor.execute(SQL["drop_untold"], {"messages": [message.letter.key.partition(".")[0]]})


def _address(subject: str) -> str:
    """The device that a subject is, or (`gateway:…`) hangs on."""
    return subject.rpartition(":")[2]


def _dropped(notice: Notice) -> Notice:
    return replace(notice, state=NoticeState.DROPPED)


def _write(cursor: Cursor, notices: Collection[Notice]) -> None:
    if notices:
        cursor.executemany(SQL["change_notice"], [people_rows.of_notice(notice) for notice in notices])

"""Keeps what people are owed, moves it on, and gives it to couriers: the port, and one in memory.

A mailroom decides nothing: what is owed is `alerts.owing`'s decision, what is sent now `alerts.gathering`'s, what
becomes of a message `alerts.outbox`'s. `owe` is part of the transaction that keeps the steps.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from alerts import outbox
from alerts.escalation import Escalation, hurry
from alerts.gathering import Sent, pack, told
from alerts.letters import Message, Names, compose, fall_back
from alerts.model import Transition
from alerts.outbox import Delivery, Letter
from alerts.owing import Changes, climb, concerns, owe, settles
from alerts.people import Notice, NoticeState
from alerts.routing import Plan
from alerts.wording import describe

OVER_MS: Final = 5 * 60_000


class Mailroom(Protocol):
    """What the alert service and the couriers need of it."""

    def advance(self, now: int) -> None:
        """Let escalations climb that are due, and write the messages that are to go."""

    def lease(self, channel: str, now: int) -> Letter | None:
        """The channel's next message, leased; no other courier gets it meanwhile."""

    def settle(self, letter: Letter) -> None:
        """Keep what became of a leased message; one that failed goes out by the contact's next way."""


class MemoryMailroom:
    """A mailroom in memory, for tests and trials; forgets when the process ends."""

    def __init__(self, plan: Plan, names: Names | None = None) -> None:
        self.plan = plan
        self.notices: dict[str, Notice] = {}
        self.escalations: dict[tuple[str, str], Escalation] = {}
        self.messages: dict[str, Message] = {}
        self._names = names or Names()
        self._lock = threading.Lock()

    def owe(self, steps: Sequence[Transition]) -> None:
        """Keep what these steps make us owe."""
        with self._lock:
            for step in filter(concerns, steps):
                if settles(step):
                    self._cancel(step.alert.id, step.at)
                mine = [each for each in self.notices.values() if each.alert_id == step.alert.id]
                climbing = [each for each in self.escalations.values() if each.alert_id == step.alert.id]
                self._keep(owe(step, describe(step), self.plan, mine, climbing))

    def advance(self, now: int) -> None:
        """See `Mailroom`."""
        with self._lock:
            for escalation in list(self.escalations.values()):
                self._keep(climb(escalation, self.plan, now))
            for name in self.plan.contacts:
                self._write(name, now)

    def lease(self, channel: str, now: int) -> Letter | None:
        """See `Mailroom`."""
        with self._lock:
            mine = [each for each in self.messages.values() if each.letter.channel == channel]
            waiting = [each for each in mine if not each.letter.state.settled]
            due = [each for each in waiting if each.letter.due_at <= now and not self._blocked(each, waiting)]
            if not due:
                return None
            message = min(due, key=lambda each: (each.letter.due_at, each.letter.key))
            leased = outbox.lease(message.letter, now)
            self._settled(replace(message, letter=leased), now)
            return leased

    def settle(self, letter: Letter) -> None:
        """See `Mailroom`."""
        with self._lock:
            message = self.messages[letter.key]
            if message.letter.state is Delivery.LEASED and message.letter.attempts == letter.attempts:
                self._settled(replace(message, letter=letter), letter.settled_at or 0)

    def alerts_of(self, message: Message) -> frozenset[str]:
        """The alerts that a message is about."""
        root = message.letter.key.partition(".")[0]
        return frozenset(each.alert_id for each in self.notices.values() if each.message == root)

    def _write(self, name: str, now: int) -> None:
        contact = self.plan.contacts[name]
        states = (NoticeState.WAITING, NoticeState.TOLD)
        mine = [each for each in self.notices.values() if each.contact == name and each.state in states]
        since = now - max(contact.limit.per_ms, OVER_MS)
        first = [each for each in self.messages.values() if each.contact == name and not each.way]
        sent = [Sent(each.letter.created_at, each.areas) for each in first if each.letter.created_at > since]
        packed = pack(contact, mine, sent, self.plan, now)
        for packet in packed.packets:
            message = compose(contact, packet, self._names, now)
            self.messages[message.letter.key] = message
            self._keep(Changes(told(packet, message.letter.key, now, mine)))
        self._keep(Changes(packed.changed))

    def _cancel(self, alert_id: str, now: int) -> None:
        """Messages about this alert that never left, and about nothing else that anyone still waits for, do not go."""
        for key, message in self.messages.items():
            mine = [each for each in self.notices.values() if each.message == key]
            others = [each for each in mine if each.alert_id != alert_id]
            fresh = message.letter.state is Delivery.QUEUED and not message.letter.attempts and not message.way
            wanted = any(each.state is NoticeState.TOLD and not each.rests for each in others)
            if fresh and not wanted and len(others) < len(mine):
                letter = replace(message.letter, state=Delivery.CANCELLED, settled_at=now)
                self.messages[key] = replace(message, letter=letter)
                self._untell(key)

    def _settled(self, message: Message, now: int) -> None:
        self.messages[message.letter.key] = message
        if message.letter.state is not Delivery.FAILED:
            return
        further = fall_back(message, self.plan.contacts.get(message.contact), now)
        if further is not None:
            self.messages[further.letter.key] = further
            return
        for alert_id in self.alerts_of(message):
            late = [each for each in self.escalations.values() if each.alert_id == alert_id]
            self._keep(Changes(escalations=tuple(hurry(each, now) for each in late)))
        self._untell(message.letter.key.partition(".")[0])

    def _untell(self, key: str) -> None:
        mine = [each for each in self.notices.values() if each.message == key and each.state is NoticeState.TOLD]
        self._keep(Changes(tuple(replace(each, state=NoticeState.DROPPED) for each in mine)))

    def _blocked(self, message: Message, waiting: Sequence[Message]) -> bool:
        about = self.alerts_of(message)
        return any(
            each.letter.created_at < message.letter.created_at
            and each.contact == message.contact
            and about & self.alerts_of(each)
            for each in waiting
        )

    def _keep(self, changes: Changes) -> None:
        self.notices |= {each.key: each for each in changes.notices}
        self.notices = {each.key: each for each in changes.new} | self.notices
        self.escalations |= {(each.alert_id, each.route): each for each in changes.escalations}

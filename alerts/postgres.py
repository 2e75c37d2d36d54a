"""Keeps alerts in PostgreSQL or TimescaleDB, over a pool of connections that the caller gives and closes.

Shell: it decides nothing (`alerts.outbox` does, inside the transaction). Every method is one transaction and
waits `wait_s` for a connection at most. The statements are in `alerts/queries.sql`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final, LiteralString

from psycopg_pool import ConnectionPool

from alerts import outbox, rows
from alerts.database import Cursor, transaction
from alerts.model import Alert, Request, Severity, Transition
from alerts.outbox import Letter
from alerts.store import Answer, Entry, never_fired
from alerts.suppression import Quiet, Silence
from ingest.queries import load

SQL: Final[Mapping[str, LiteralString]] = load("alerts")


class PostgresStore:
    """The ports of `alerts.store`; `owe` keeps what people are owed, in the transaction of the steps.

    Raises `StoreDownError` while there is no database to reach.
    """

    def __init__(
        self,
        pool: ConnectionPool[Any],
        *,
        wait_s: float = 2.0,
        owe: Callable[[Cursor, Sequence[Transition]], None] | None = None,
    ) -> None:
        self._owe = owe
        self._transaction = partial(transaction, pool, wait_s, "alerts")

    def load(self) -> tuple[tuple[Alert, ...], int | None]:
        """See `AlertStore`."""
        with self._transaction() as cursor:
            alerts = tuple(rows.alert(row) for row in cursor.execute(SQL["load_alerts"]))
            found = cursor.execute(SQL["load_time"]).fetchone()
            return alerts, None if found is None else rows.millis(found["evaluated_at"])

    def keep_time(self, evaluated_at: int) -> None:
        """See `AlertStore`."""
        with self._transaction() as cursor:
            cursor.execute(SQL["keep_time"], {"evaluated_at": rows.stamp(evaluated_at)})

    def save(
        self, steps: Sequence[Transition], *, channels: Sequence[str] = (), answers: Sequence[Answer] = ()
    ) -> None:
        """See `AlertStore`."""
        with self._transaction() as cursor:
            if steps:
                cursor.executemany(SQL["save_alert"], [rows.of_alert(step.alert) for step in steps])
                new = _save_timeline(cursor, steps)
                _post(cursor, new, channels)
                if self._owe is not None:
                    self._owe(cursor, new)
            forgotten = [step.alert.id for step in steps if never_fired(step.alert)]
            if forgotten:
                cursor.execute(SQL["forget_alerts"], {"ids": forgotten})
            if answers:
                cursor.executemany(SQL["answer_request"], [rows.of_answer(answer) for answer in answers])

    def list(
        self,
        *,
        is_open: bool | None = None,
        areas: Collection[str] | None = None,
        severity: Severity | None = None,
        device: str | None = None,
        parent: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> tuple[Alert, ...]:
        """See `AlertStore`."""
        chosen = {
            "is_open": is_open,
            "areas": None if areas is None else [*areas],
            "severity": severity,
            "device": device,
            "parent": parent,
            "limit": limit,
            "cursor": cursor,
        }
        with self._transaction() as found:
            return tuple(rows.alert(row) for row in found.execute(SQL["list_alerts"], chosen))

    def get(self, alert_id: str) -> tuple[Alert, tuple[Entry, ...]] | None:
        """See `AlertStore`."""
        with self._transaction() as cursor:
            found = cursor.execute(SQL["get_alert"], {"id": alert_id}).fetchone()
            if found is None:
                return None
            timeline = cursor.execute(SQL["get_timeline"], {"id": alert_id})
            return rows.alert(found), tuple(rows.entry(row) for row in timeline)

    def request(self, request: Request) -> None:
        """See `AlertStore`."""
        with self._transaction() as cursor:
            cursor.execute(SQL["add_request"], rows.of_request(request))

    def requests(self, limit: int = 100) -> tuple[Request, ...]:
        """See `AlertStore`."""
        with self._transaction() as cursor:
            waiting = cursor.execute(SQL["waiting_requests"], {"limit": limit})
            return tuple(rows.request(row) for row in waiting)

    def answer(self, request_id: str) -> Answer | None:
        """See `AlertStore`."""
        with self._transaction() as cursor:
            found = cursor.execute(SQL["get_answer"], {"id": request_id}).fetchone()
            return None if found is None else rows.answer(found)

    def quiets(self, now: int) -> tuple[Quiet, ...]:
        """See `QuietStore`."""
        at = {"now": rows.stamp(now)}
        with self._transaction() as cursor:
            silences: list[Quiet] = [rows.silence(row) for row in cursor.execute(SQL["live_silences"], at)]
            return (*silences, *(rows.window(row) for row in cursor.execute(SQL["live_windows"], at)))

    def list_quiets(
        self, kind: type[Quiet], *, limit: int = 100, cursor: str | None = None
    ) -> tuple[tuple[Quiet, int | None, str | None], ...]:
        """See `QuietStore`."""
        name, read = ("list_silences", rows.silence) if kind is Silence else ("list_windows", rows.window)
        with self._transaction() as found:
            kept = found.execute(SQL[name], {"limit": limit, "cursor": cursor})
            return tuple((read(row), rows.millis(row["ended_at"]), row["ended_by"]) for row in kept)

    def add_quiet(self, quiet: Quiet) -> None:
        """See `QuietStore`."""
        with self._transaction() as cursor:
            cursor.execute(SQL["add_silence" if isinstance(quiet, Silence) else "add_window"], rows.of_quiet(quiet))

    def end_quiet(self, kind: type[Quiet], quiet_id: str, actor: str, now: int) -> bool:
        """See `QuietStore`."""
        asked = {"id": quiet_id, "actor": actor, "now": rows.stamp(now)}
        with self._transaction() as cursor:
            return cursor.execute(SQL["end_silence" if kind is Silence else "end_window"], asked).fetchone() is not None

    def lease(self, channel: str, now: int) -> Letter | None:
        """See `LetterStore`."""
        with self._transaction() as cursor:
            asked = {"channel": channel, "now": rows.stamp(now)}
            found = cursor.execute(SQL["next_letter"], asked).fetchone()
            if found is None:
                return None
            leased = outbox.lease(rows.letter(found), now)
            cursor.execute(SQL["lease_letter"], rows.of_letter(leased))
            return leased

    def settle(self, letter: Letter) -> None:
        """See `LetterStore`."""
        with self._transaction() as cursor:
            cursor.execute(SQL["settle_letter"], rows.of_letter(letter))


def _save_timeline(cursor: Cursor, steps: Sequence[Transition]) -> list[Transition]:
    """Write the timeline; gives the steps that were not there yet."""
    cursor.executemany(SQL["save_step"], [rows.of_step(step) for step in steps], returning=True)
    return [step for step, result in zip(steps, cursor.results(), strict=True) if result.rowcount]


def _post(cursor: Cursor, steps: Sequence[Transition], channels: Sequence[str]) -> None:
    """Write and cancel the letters that these steps owe."""
    letters: dict[str, dict[str, Letter]] = {step.alert.id: {} for step in steps}
    for row in cursor.execute(SQL["letters_of"], {"ids": [*letters]}):
        letters[row["alert_id"]][row["key"]] = rows.letter(row)
    changed: dict[str, Letter] = {}
    for step in steps:
        mine = letters[step.alert.id]
        posted = {letter.key: letter for letter in outbox.post(step, channels, [*mine.values()])}
        mine |= posted
        changed |= posted
    if changed:
        cursor.executemany(SQL["write_letter"], [rows.of_letter(letter) for letter in changed.values()])

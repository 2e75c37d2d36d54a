"""The inbox of other systems' alerts: the web puts in what it hears, the engine's process takes it up.

Shell: what an outside alert means is `alerts.alertmanager`'s decision. A word counts as taken only when the steps that
it made are saved; a process that dies between takes it again, which changes nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from alerts import rows
from alerts.alertmanager import Outside, Report, report
from alerts.errors import StoreDownError
from alerts.model import Severity
from ingest.queries import load

SQL: Final = load("alerts", "outside.sql")
KEEP_MS: Final = 7 * 24 * 3_600_000
FORGET_EVERY_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Word:
    """An outside alert with when we heard it."""

    outside: Outside
    received_at: int


class Inbox(Protocol):
    """What the porter needs kept."""

    def put(self, found: Iterable[Outside], now: int) -> None:
        """Keep the newest word of each."""

    def waiting(self, now: int, limit: int = 200) -> Sequence[Word]:
        """What is to be taken up."""

    def took(self, words: Iterable[Word], now: int) -> None:
        """These are taken up."""

    def forget(self, before: int) -> None:
        """Let go what was over by then."""


class PostgresInbox:
    """The inbox in the database. Raises `StoreDownError` while that is away."""

    def __init__(self, pool: ConnectionPool[Any], *, wait_s: float = 2.0) -> None:
        self._pool = pool
        self._wait_s = wait_s

    def put(self, found: Iterable[Outside], now: int) -> None:
        """See `Inbox`."""
        for each in found:
            self._run("put_outside", {**_columns(each), "received_at": rows.stamp(now)})

    def waiting(self, now: int, limit: int = 200) -> Sequence[Word]:
        """See `Inbox`."""
        return [_word(row) for row in self._run("waiting_outside", {"now": rows.stamp(now), "limit": limit})]

    def took(self, words: Iterable[Word], now: int) -> None:
        """See `Inbox`."""
        for word in words:
            taken = {"id": word.outside.id, "received_at": rows.stamp(word.received_at), "now": rows.stamp(now)}
            self._run("took_outside", taken)

    def forget(self, before: int) -> None:
        """See `Inbox`."""
        self._run("forget_outside", {"before": rows.stamp(before)})

    def _run(self, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            with self._pool.connection(timeout=self._wait_s) as connection:
                cursor = connection.cursor(row_factory=dict_row).execute(SQL[name], values)
                return cursor.fetchall() if cursor.description else []
        except (psycopg.OperationalError, PoolTimeout) as why:
            raise StoreDownError(f"the inbox cannot be reached: {why}") from why


class Porter:
    """Takes outside alerts from the inbox to the engine: `tell` hands reports over, `saved` says if all is kept."""

    def __init__(
        self, inbox: Inbox, site: str, *, tell: Callable[[Sequence[Report], int], None], saved: Callable[[], bool]
    ) -> None:
        self._inbox = inbox
        self._site = site
        self._tell = tell
        self._saved = saved
        self._told: Sequence[Word] = ()
        self._forget_at = 0

    def tick(self, now: int) -> None:
        """Confirm what was told before and is saved by now; tell what is new. Raises `StoreDownError`."""
        if self._told:
            if not self._saved():
                return
            self._inbox.took(self._told, now)
            self._told = ()
        words = self._inbox.waiting(now)
        if words:
            self._tell([report(word.outside, self._site, now) for word in words], now)
            self._told = words
        if now >= self._forget_at:
            self._inbox.forget(now - KEEP_MS)
            self._forget_at = now + FORGET_EVERY_MS


def _columns(outside: Outside) -> dict[str, Any]:
    return {
        "id": outside.id,
        "name": outside.name,
        "severity": outside.severity.value,
        "summary": outside.summary,
        "area": outside.area,
        "firing": outside.firing,
        "starts_at": rows.stamp(outside.starts_at),
        "ends_at": rows.stamp(outside.ends_at),
    }


def _word(row: dict[str, Any]) -> Word:
    received = rows.millis(row.pop("received_at"))
    starts, ends = rows.millis(row.pop("starts_at")), rows.millis(row.pop("ends_at"))
    found = Outside(**{**row, "severity": Severity(row["severity"])}, starts_at=starts or 0, ends_at=ends)
    return Word(found, received or 0)

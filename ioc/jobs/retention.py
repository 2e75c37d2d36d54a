"""Lets go of what is older than the settings say: whole chunks or partitions, each in a moment; no row is deleted.

Readings go when everything that is computed from them is kept; what comes later still is folded into that
(`ioc.jobs.resolutions`). What is dropped is locked first, within the job's short patience: a batch that is just writing
there is let finish, and nobody queues behind the wait. When the disk is nearly full, one step of the order of giving up
counts as the setting does, until there is room. On TimescaleDB a chunk of suspect clocks alone stays until its
readings were received long enough ago.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from psycopg import sql

from ingest.family import families
from ingest.queries import load
from ingest.resolutions import Resolution, kept
from ingest.series import table
from ioc.disk import GIVEN_UP, Drop, forecast, next_to_go, order
from ioc.disklook import remembered
from ioc.job import Connection, Job, Work
from ioc.settings import Store

_SQL = load("ioc.jobs", "store.sql")
_FRESH_MS: Final = 2 * 3_600_000  # a look that is older says nothing of the disk now
_LOCK: Final = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE")
_LOCK_ONLY: Final = sql.SQL("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE")
_DROP: Final = sql.SQL("DROP TABLE {}")
_NOTE: Final = sql.SQL("UPDATE resolution SET {since} = greatest({since}, %(bound)s) WHERE family = %(family)s")
_WAITING: Final = sql.SQL("SELECT EXISTS (SELECT FROM {elsewhen} WHERE ts < %(bound)s AND NOT suspect)")
_SUSPECT: Final = sql.SQL(
    "SELECT NOT EXISTS (SELECT FROM {part} WHERE NOT suspect) AND EXISTS "
    "(SELECT FROM {part} WHERE received_at > clock_timestamp() - %(days)s * interval '1 day')"
)


@dataclass(frozen=True, slots=True)
class _Span:
    """A chunk or partition."""

    part: str
    begins: datetime
    ends: datetime
    compressed: bool

    @property
    def name(self) -> sql.SQL:
        """Its name, quoted by the database itself."""
        return sql.SQL(self.part)


@dataclass(frozen=True, slots=True)
class _Series:
    """A series of a family, and the column that notes from when on it still is."""

    family: str
    name: str
    since: str
    what: str  # raw, minute, hour, day
    days: int = 0

    @property
    def raw(self) -> bool:
        """Whether it holds readings themselves."""
        return self.what == "raw"


def run(work: Work) -> str:
    """Let go of what is due; how much."""
    gone, waits = 0, 0
    short = pressed(work)
    for series in _due(work.keep, short):
        if work.ending:
            break
        spans = [_Span(*row) for row in work.connection.execute(_SQL["over_before"], _facts(series))]
        if spans and _let_go(work, series, spans):
            gone += len(spans)
        elif spans:
            waits += 1
    room = f"; the disk is nearly full: {short.what} given up" if short else ""
    return f"{gone} chunks or partitions let go, {waits} series wait until all is computed{room}"


def pressed(work: Work) -> Drop | None:
    """What the order of giving up names next, where the disk watch lately saw the disk nearly full; else None."""
    steps, looks = order(work.keep.give_up), remembered(work.connection)
    row = work.connection.execute(_SQL["now_ms"]).fetchone()
    now = row[0] if row else 0
    if not looks or now - looks[-1].at > _FRESH_MS:
        return None
    standing = forecast(looks)
    if next_to_go(steps, standing, dict.fromkeys(GIVEN_UP, 0), now) is None:
        return None
    over: dict[str, int] = {}  # of each, when its oldest chunk or partition ended: what still runs cannot go
    for series in _all():
        found = work.connection.execute(_SQL["first_end"], {"series": series.name}).fetchone()
        if found and found[0] is not None:
            over[series.what] = min(over.get(series.what, found[0]), found[0])
    return next_to_go(steps, standing, over, now)


def _all() -> Iterator[_Series]:
    for family in families():
        yield _Series(family, table(family), "readings_since", "raw")
        for resolution in Resolution:
            yield _Series(family, kept(family, resolution), f"{resolution}s_since", resolution)


def _due(keep: Store, short: Drop | None) -> Iterator[_Series]:
    days = {"raw": keep.keep_raw_days, Resolution.MINUTE: keep.keep_minutes_days,
            Resolution.HOUR: keep.keep_hours_days, Resolution.DAY: keep.keep_days_days}  # fmt: skip
    if short is not None:
        days[short.what] = min(short.days, days[short.what] or short.days)
    return (replace(series, days=days[series.what]) for series in _all() if days[series.what])


def _facts(series: _Series) -> dict[str, object]:
    return {"series": series.name, "days": series.days, "family": series.family}


def _let_go(work: Work, series: _Series, spans: list[_Span]) -> bool:
    """Drop the spans of one series in one transaction; False where something is still to be computed of them."""
    connection, chunks = work.connection, work.edition.startswith("timescaledb")
    facts = {**_facts(series), "bound": spans[-1].ends}
    with connection.transaction() as whole:
        if not chunks:
            connection.execute(_LOCK_ONLY.format(sql.Identifier(series.name)))
        for span in spans:
            connection.execute(_LOCK.format(span.name))
        settled = connection.execute(_SQL["settled_before"], facts).fetchone()
        if settled != (True,) or (series.raw and not chunks and _lonely(connection, series, facts)):
            whole.force_rollback = True
            return False
        connection.execute(_NOTE.format(since=sql.Identifier(series.since)), facts)
        for span in spans:
            _drop(connection, series, span, chunks=chunks)
    return True


def _drop(connection: Connection, series: _Series, span: _Span, *, chunks: bool) -> None:
    facts = {**_facts(series), "begins": span.begins, "ends": span.ends}
    if not chunks:
        connection.execute(_DROP.format(span.name))
        return
    if series.raw and connection.execute(_SUSPECT.format(part=span.name), facts).fetchone() == (True,):
        return
    connection.execute(_SQL["drop_chunk"], facts)


def _lonely(connection: Connection, series: _Series, facts: dict[str, object]) -> bool:
    """Whether readings of the span stand in the default partition, still to be moved into one of their own."""
    question = _WAITING.format(elsewhen=sql.Identifier(f"{series.name}_elsewhen"))
    return connection.execute(question, facts).fetchone() == (True,)


JOB = Job("retention", order=3, every_s=600, run=run)

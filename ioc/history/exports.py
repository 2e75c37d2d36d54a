"""Readings of many devices as CSV or Parquet, by streaming: what is held at once does not grow with what is asked.

Device after device, each in the order of time. A reader who is slow holds one connection and no more than a few
blocks; one who leaves ends the work.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier

from ingest.family import Kind, families
from ioc.accounts.store import Pool
from ioc.history.asking import part
from ioc.history.courses import kept_table
from ioc.history.parquet import BATCH, Column, Shape, parquet
from ioc.history.resolution import Resolution
from ioc.history.scope import Stay

BLOCK: Final = 64 * 1024
_PATIENCE: Final = "SET LOCAL statement_timeout = '10min'"  # a slow reader must not end his own export
_FORMS: Final[Mapping[Kind, Mapping[str, tuple[str, Shape]]]] = {
    Kind.NUMBER: {"count": ("{}_n", "integer"), "min": ("{}_min", "number"), "avg": ("{}_sum", "number"),
                  "max": ("{}_max", "number")},
    Kind.COUNTER: {"count": ("{}_n", "integer"), "first": ("{}_first", "number"), "last": ("{}_last", "number"),
                   "growth": ("{}_inc", "number")},
    Kind.SWITCH: {"count": ("{}_n", "integer"), "on": ("{}_on", "integer")},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be streamed: metrics of one family over a span at a resolution."""

    family: str
    metrics: tuple[str, ...]
    resolution: Resolution
    since: datetime
    until: datetime

    @property
    def columns(self) -> list[tuple[Column, Composable]]:
        """The columns of metrics, each with the expression that gives it."""
        kinds = families()[self.family].columns
        found: list[tuple[Column, Composable]] = []
        for metric in self.metrics:
            kind = kinds[metric]
            if self.resolution is Resolution.RAW:
                found.append((Column(metric, "switch" if kind is Kind.SWITCH else "number"), Identifier(metric)))
                continue
            for form, (name, shape) in _FORMS[kind].items():
                value: Composable = Identifier(name.format(metric))
                if form == "avg":
                    value = SQL("{} / nullif({}, 0)").format(value, Identifier(f"{metric}_n"))
                found.append((Column(f"{metric}_{form}", shape), value))
        return found


def as_csv(pool: Pool, export: Export, stays: Sequence[Stay]) -> Iterator[bytes]:
    """Lines of CSV, a head first; times are RFC 3339 in UTC."""
    yield (",".join(["ts", "device", "area", *(column.name for column, _ in export.columns)]) + "\n").encode()
    with pool.connection() as connection, connection.transaction():
        connection.execute(_PATIENCE)
        for stay in stays:
            yield from _lines(connection, export, stay)


def as_parquet(pool: Pool, export: Export, stays: Sequence[Stay]) -> Iterator[bytes]:
    """A Parquet file; times are timestamps of milliseconds in UTC."""
    head = [Column("ts", "time"), Column("device", "text"), Column("area", "text")]
    return parquet([*head, *(column for column, _ in export.columns)], _batches(pool, export, stays))


def _lines(connection: Connection[Any], export: Export, stay: Stay) -> Iterator[bytes]:
    written = SQL("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')").format(_time(export))
    block = bytearray()
    values = {**_values(export, stay), "address": stay.address, "area": stay.area}
    statement = part("csv", rows=_rows(export, [written, SQL("%(address)s"), SQL("%(area)s")]))
    with connection.cursor() as cursor, cursor.copy(statement, values) as copy:
        for line in copy:
            block += line
            if len(block) >= BLOCK:
                yield bytes(block)
                block.clear()
    if block:
        yield bytes(block)


def _batches(pool: Pool, export: Export, stays: Sequence[Stay]) -> Iterator[Sequence[Sequence[Any]]]:
    """Rows of the whole, some thousand at a time."""
    millis = SQL("round(extract(epoch FROM {}) * 1000)::bigint").format(_time(export))
    rows = _rows(export, [millis])
    waiting: list[Sequence[Any]] = []
    with pool.connection() as connection, connection.transaction():
        connection.execute(_PATIENCE)
        for stay in stays:
            with connection.cursor("export", binary=True) as cursor:
                cursor.execute(rows, _values(export, stay))
                while found := cursor.fetchmany(BATCH):
                    waiting += [(row[0], stay.address, stay.area, *row[1:]) for row in found]
                    if len(waiting) >= BATCH:
                        yield waiting
                        waiting = []
    if waiting:
        yield waiting


def _rows(export: Export, head: Sequence[Composable]) -> Composed:
    columns = SQL(", ").join([*head, *(value for _, value in export.columns)])
    sure = SQL("AND NOT suspect") if export.resolution is Resolution.RAW else SQL("")
    table = kept_table(export.family, export.resolution)
    return part("rows_of", columns=columns, table=table, time=_time(export), sure=sure)


def _time(export: Export) -> Identifier:
    return Identifier("ts" if export.resolution is Resolution.RAW else "bucket")


def _values(export: Export, stay: Stay) -> dict[str, object]:
    begin = max(export.since, stay.since or export.since)
    return {"id": stay.device_id, "begin": begin.astimezone(UTC), "end": min(export.until, stay.until or export.until)}

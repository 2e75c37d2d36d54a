"""What there is to keep in a database, found in its catalogue: whatever tables a version or an edition has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any, Final

from psycopg import Connection, sql

from ingest.queries import load
from ioc.backup.manifest import Step

SQL: Final = load("ioc.backup")


@dataclass(frozen=True, slots=True)
class Relation:
    """One table, or continuous aggregate. `place` is where its rows are put back, quoted for SQL."""

    name: str
    place: str
    columns: Sequence[str]

    def out(self) -> sql.Composed:
        """The statement that gives its rows."""
        return sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(_names(self.columns), sql.Identifier(self.name))

    def back(self, columns: Sequence[str]) -> sql.Composed:
        """The statement that takes rows with these columns."""
        return sql.SQL("COPY {} ({}) FROM STDIN").format(self.target, _names(columns))

    @property
    def target(self) -> sql.SQL:
        """Where its rows are put back."""
        return sql.SQL(self.place)  # quoted by the database itself

    @property
    def occupied(self) -> sql.Composed:
        """The question whether it holds anything."""
        return sql.SQL("SELECT EXISTS (SELECT FROM {})").format(self.target)


def relations(connection: Connection[Any]) -> Mapping[str, Relation]:
    """Everything to keep, by name, in an order in which what is referred to comes first."""
    found = {name: Relation(name, *rest) for name, *rest in connection.execute(SQL["tables"])}
    order: TopologicalSorter[str] = TopologicalSorter({name: set() for name in found})
    for table, other in connection.execute(SQL["references"]).fetchall():
        order.add(table, other)
    ordered = {name: found[name] for name in order.static_order() if name in found}
    if _aggregates(connection):
        ordered |= {name: Relation(name, *rest) for name, *rest in connection.execute(SQL["aggregates"])}
    return ordered


def steps(connection: Connection[Any]) -> list[Step]:
    """The migrations a database had; none where it was never migrated."""
    if connection.execute("SELECT to_regclass('migration')").fetchone() == (None,):
        return []
    return [Step(*row) for row in connection.execute(SQL["steps"])]


def weeks(connection: Connection[Any]) -> list[str]:
    """The weeks that the series reach into, as `2026w48`."""
    which = "weeks_of_chunks" if _aggregates(connection) else "weeks_of_partitions"
    return [week for (week,) in connection.execute(SQL[which])]


def _aggregates(connection: Connection[Any]) -> bool:
    """Whether this is TimescaleDB, of either licence."""
    return connection.execute("SELECT FROM pg_extension WHERE extname = 'timescaledb'").fetchone() is not None


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))

"""Asks the database the API's questions; every statement is in `queries.sql`."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from ingest.queries import load

SQL = load("ioc.api")

Row = dict[str, Any]
Values = Mapping[str, object]


def rows(connection: Connection[Any], name: str, values: Values | None = None) -> Sequence[Row]:
    """All rows of a statement, by column."""
    return connection.cursor(row_factory=dict_row).execute(SQL[name], values).fetchall()


def row(connection: Connection[Any], name: str, values: Values | None = None) -> Row | None:
    """The first row, if there is one."""
    return connection.cursor(row_factory=dict_row).execute(SQL[name], values).fetchone()


def tuples(connection: Connection[Any], name: str, values: Values | None = None) -> Sequence[tuple[Any, ...]]:
    """All rows as tuples."""
    return connection.execute(SQL[name], values).fetchall()


def like(text: str | None) -> str | None:
    """A pattern for `LIKE` that finds the text anywhere, taken literally."""
    if text is None:
        return None
    literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"


def areas_below(connection: Connection[Any], area: str | None) -> list[str] | None:
    """An area and all below it; None where all areas are meant."""
    return None if area is None else [slug for (slug,) in tuples(connection, "areas_below", {"area": area})]

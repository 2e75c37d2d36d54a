"""Asks the database this package's questions; every statement is in `queries.sql`, names are put in as identifiers."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier

from ingest.queries import load

STATEMENTS = load("ioc.history")

Values = Mapping[str, object]


def ask(connection: Connection[Any], name: str, values: Values | None = None) -> Sequence[tuple[Any, ...]]:
    """All rows of a statement."""
    return connection.execute(STATEMENTS[name], values).fetchall()


def part(name: str, **names: str | Composable) -> Composed:
    """A statement or a part of one: words become identifiers, parts stand as they are."""
    return SQL(STATEMENTS[name]).format(
        **{key: Identifier(value) if isinstance(value, str) else value for key, value in names.items()}
    )

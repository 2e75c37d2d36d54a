"""A transaction on the alerts' database, with its failures in the words of `alerts.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from alerts.errors import StoreDownError, StoreRefusedError

Cursor = psycopg.Cursor[dict[str, Any]]


@contextmanager
def transaction(pool: ConnectionPool[Any], wait_s: float, what: str) -> Iterator[Cursor]:
    """One transaction, committed at the end; waits `wait_s` for a connection at most. `what` names it in messages.

    Raises `StoreDownError` where the database cannot be reached, `StoreRefusedError` where it refuses.
    """
    try:
        with pool.connection(timeout=wait_s) as connection, connection.cursor(row_factory=dict_row) as cursor:
            yield cursor
    except (psycopg.OperationalError, psycopg.InterfaceError) as why:
        raise StoreDownError(f"the database of {what} cannot be reached: {why}") from why
    except psycopg.Error as why:
        raise StoreRefusedError(f"the database of {what} refused: {why}") from why

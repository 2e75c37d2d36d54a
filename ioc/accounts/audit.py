"""Keeps and reads the audit: what people did. Lines are added in the deed's own transaction and never changed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ingest.queries import load
from ioc.accounts.model import Actor, Deed

_SQL = load("ioc.accounts")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


def moment(ms: int) -> datetime:
    """Epoch milliseconds as the database takes times."""
    return _EPOCH + timedelta(milliseconds=ms)


def note(connection: Connection[Any], actor: Actor, deed: Deed, now: int) -> None:
    """Add one line, in the caller's transaction."""
    line = {
        "at": moment(now),
        "actor": actor.name,
        "role": actor.role,
        "action": deed.action,
        "target": deed.target,
        "detail": Jsonb(dict(deed.detail)),
        "address": actor.address,
    }
    connection.execute(_SQL["note"], line)


def lines(
    connection: Connection[Any], limit: int, *, before: int | None, actor: str | None, action: str | None
) -> Sequence[Row]:
    """A page of the audit, newest first, below line `before`."""
    wanted = {"limit": limit, "before": before, "actor": actor, "action": action}
    return connection.cursor(row_factory=dict_row).execute(_SQL["audit_page"], wanted).fetchall()

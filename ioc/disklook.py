"""Looks at the room on the database's disk, and remembers an hour's last look. It decides nothing: `ioc.disk` does."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import tuple_row

from ingest.queries import load
from ioc.disk import Look
from ioc.settings import Settings

_SQL = load("ioc", "disk.sql")


def look(connection: Connection[Any], settings: Settings, now: int) -> Look:
    """The database and its disk now. The disk is the one the settings tell, else ours, where the database is here."""
    used = _one(connection, "size") or 0
    if settings.store.disk_gb:
        total = int(settings.store.disk_gb * 2**30)
        return Look(now, used, max(total - used, 0), total)
    folder = _folder(connection, settings)
    if folder is None:
        return Look(now, used)
    usage = shutil.disk_usage(folder)
    return Look(now, used, usage.free, usage.total)


def remember(connection: Connection[Any], seen: Look) -> None:
    """Keep it as its hour's."""
    connection.execute(_SQL["keep_sample"], {"at": seen.at, "used": seen.used, "free": seen.free, "total": seen.total})
    connection.execute(_SQL["trim_samples"])


def remembered(connection: Connection[Any]) -> Sequence[Look]:
    """The looks of the last two weeks, oldest first."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return [Look(*row) for row in cursor.execute(_SQL["samples"])]


def oldest(connection: Connection[Any]) -> Mapping[str, int]:
    """The oldest moment kept of what may be given up, as the catalogue tells it."""
    timescale = connection.execute("SELECT FROM pg_extension WHERE extname = 'timescaledb'").fetchone() is not None
    found = _one(connection, "oldest_chunk" if timescale else "oldest_partition")
    return {} if found is None else {"raw": found}


def _folder(connection: Connection[Any], settings: Settings) -> Path | None:
    """A folder on the database's disk, where that is ours to see."""
    if settings.database.dsn is None:
        return Path(settings.data_dir)
    place = None
    with suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
        place = _one(connection, "folder")
    return Path(place) if place is not None and Path(place).is_dir() else None


def _one(connection: Connection[Any], name: str) -> Any:  # noqa: ANN401 - a number or a path, as the statement says
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_SQL[name]).fetchone()
    return row[0] if row else None

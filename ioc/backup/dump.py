"""Writes a database into a backup: one snapshot, while everything goes on.

It only reads, and holds no lock that stops anybody who reads or writes rows.
"""

from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel

from ioc.backup.container import Progress, Writing
from ioc.backup.manifest import FORMAT, Manifest, Table
from ioc.backup.relations import SQL, Relation, relations, steps, weeks
from ioc.edition import edition
from ioc.errors import CommandError


def dump(dsn: str, file: Path, extras: Iterable[tuple[str, bytes]], now: datetime, told: Progress) -> Manifest:
    """Write the whole database of `dsn` and the extras into a new file; `CommandError` says why it cannot."""
    if file.exists():
        raise CommandError(f"Đã có {file}: chọn tên khác (there is one already: choose another name)")
    try:
        with (
            Writing(file) as writing,
            psycopg.connect(dsn, application_name="ioc backup", autocommit=True) as connection,
        ):
            connection.execute(SQL["steady"])
            connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            connection.set_read_only(True)
            with connection.transaction():
                manifest = _written(connection, writing, extras, now, told)
            writing.finish(manifest)
    except OSError as error:
        raise CommandError(f"Không ghi được {file}: {error.strerror}; không có tệp dở dang nào bị để lại. "
                           "(cannot write it; no half file was left)") from error  # fmt: skip
    except psycopg.Error as error:
        raise CommandError(f"Không đọc được cơ sở dữ liệu (cannot read the database): {error}") from error
    return manifest


def _written(
    connection: Connection[Any], writing: Writing, extras: Iterable[tuple[str, bytes]], now: datetime, told: Progress
) -> Manifest:
    had = steps(connection)
    if not had:
        raise CommandError("Cơ sở dữ liệu còn trống, chưa có gì để sao lưu; chạy `ioc migrate` trước. "
                           "(the database is empty: there is nothing to back up)")  # fmt: skip
    found = edition(connection)
    tables = [_table(connection, writing, relation, told) for relation in relations(connection).values()]
    kept = [writing.beside(name, data) for name, data in extras]
    moment = now.isoformat(timespec="seconds")
    return Manifest(
        FORMAT, moment, version("district-ioc"), found.name, found.version, had, tables, weeks(connection), kept
    )


def _table(connection: Connection[Any], writing: Writing, relation: Relation, told: Progress) -> Table:
    with connection.cursor() as cursor, cursor.copy(relation.out()) as copy:
        return writing.table(relation.name, list(relation.columns), (bytes(piece) for piece in copy), told)

"""Brings a backup back into a database: all of it in one transaction, or nothing.

Whatever interrupts it, the database is as it was and the same command may be given again. It refuses a database that
holds anything, unless it is told to replace it, and one that an ingest writes to.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import Connection, sql

from ioc.backup.container import Progress, Reading
from ioc.backup.manifest import Manifest, Step, Table, misfits, refusal
from ioc.backup.relations import SQL, Relation, relations, steps
from ioc.errors import CommandError
from ioc.migrate import known, migrate

Say = Callable[[str], None]


def restore(
    dsn: str, reading: Reading, told: Progress, say: Say, *, replace: bool = False, zone: str | None = None
) -> None:
    """Verify the whole file, then bring it back; raises `CommandError` with the database untouched.

    `zone` is the time zone of the settings, whose days the daily figures are of.
    """
    manifest = reading.manifest
    why = refusal(manifest, [Step(*step) for step in known()])
    if why is not None:
        raise CommandError(why)
    say("kiểm tra mã băm (verifying checksums)")
    reading.verify()
    try:
        with psycopg.connect(dsn, application_name="ioc restore", autocommit=True) as connection:
            _may_fill(connection, manifest, replace=replace)
        migrate(dsn, only={step.number for step in manifest.steps}, zone=zone)
        say("ghi vào cơ sở dữ liệu (writing into the database)")
        with psycopg.connect(dsn, application_name="ioc restore", autocommit=True) as connection:
            connection.execute(SQL["steady"])
            connection.execute(SQL["one_migration"])
            with connection.transaction():
                _may_fill(connection, manifest, replace=replace)
                _fill(connection, reading, told, replace=replace)
            connection.execute("ANALYZE")
        migrate(dsn, say, zone=zone)
    except psycopg.Error as error:
        raise CommandError(f"Khôi phục không xong, cơ sở dữ liệu vẫn như trước; sửa rồi chạy lại. (not restored, the "
                           f"database is as it was; mend this and run it again): {error}") from error  # fmt: skip


def _may_fill(connection: Connection[Any], manifest: Manifest, *, replace: bool) -> None:
    """Refuse a database that is in use, too new, or not empty."""
    had = steps(connection)
    if {step.number for step in had} - {step.number for step in manifest.steps}:
        raise CommandError("Cơ sở dữ liệu mới hơn bản sao lưu: khôi phục vào nơi trống, chưa `ioc migrate`. "
                           "(the database is newer than the backup: restore into an empty one that was not migrated "
                           "yet; it is brought to this version afterwards)")  # fmt: skip
    if connection.execute(SQL["alone"]).fetchone() != (True,):
        raise CommandError("Một trung tâm đang ghi vào cơ sở dữ liệu này: dừng `ioc up` hoặc `ioc ingest` trước. "
                           "(an ingest is writing to this database: stop it first)")  # fmt: skip
    if not had or replace:
        return
    full = [
        each.name for each in relations(connection).values() if connection.execute(each.occupied).fetchone() == (True,)
    ]
    if full:
        raise CommandError(f"Cơ sở dữ liệu không trống ({', '.join(full)}): thêm --replace để XOÁ những gì đang có. "
                           "(the database is not empty: --replace DELETES what is in it)")  # fmt: skip


def _fill(connection: Connection[Any], reading: Reading, told: Progress, *, replace: bool) -> None:
    manifest, places = reading.manifest, relations(connection)
    lacking = misfits(manifest, {name: place.columns for name, place in places.items()})
    if lacking:
        raise CommandError(f"Cơ sở dữ liệu không có chỗ cho (the database has no place for): {', '.join(lacking)}")
    if replace:
        everything = sql.SQL(", ").join(map(sql.Identifier, places))
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(everything))
    for week in manifest.weeks:
        connection.execute(SQL["make_week"], {"week": week})
    triggers = connection.execute(SQL["triggers"]).fetchall()
    for table, trigger in triggers:
        _switch(connection, "DISABLE", table, trigger)
    kept = {table.name: table for table in manifest.tables}
    for name, place in places.items():
        if name in kept:
            _take(connection, reading, kept[name], place, told)
    for table, trigger in triggers:
        _switch(connection, "ENABLE", table, trigger)
    for table, column in connection.execute(SQL["numbers"]).fetchall():
        _go_on_numbering(connection, table, column)


def _take(connection: Connection[Any], reading: Reading, table: Table, place: Relation, told: Progress) -> None:
    written = 0
    with connection.cursor() as cursor:
        with cursor.copy(place.back(table.columns)) as copy:
            for block in reading.blocks(table):
                copy.write(block)
                written += len(block)
                told(table.name, table.rows * written // table.bytes, written)
        if cursor.rowcount != table.rows:
            raise CommandError(f"{table.name}: bản sao lưu có {table.rows} dòng, {cursor.rowcount} dòng vào được; "
                               "cơ sở dữ liệu vẫn như trước. (rows in the backup and rows that came in differ; nothing "
                               "was changed)")  # fmt: skip


def _switch(connection: Connection[Any], how: str, table: str, trigger: str) -> None:
    words = sql.SQL("ALTER TABLE {} {} TRIGGER {}")
    connection.execute(words.format(sql.Identifier(table), sql.SQL(how), sql.Identifier(trigger)))


def _go_on_numbering(connection: Connection[Any], table: str, column: str) -> None:
    question = sql.SQL("SELECT coalesce(max({}), 0) + 1 FROM {}").format(sql.Identifier(column), sql.Identifier(table))
    row = connection.execute(question).fetchone()
    connection.execute(SQL["go_on_numbering"], {"table": table, "column": column, "next": row[0] if row else 1})

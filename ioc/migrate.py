"""Brings a database to this version: numbered SQL files, each in one transaction, once.

Safe to repeat and to run from several machines at once (an advisory lock). A file that was applied and has changed
since is refused: history is not rewritten.
"""

import hashlib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import psycopg

from ingest import resolutions, series
from ingest.family import families
from ioc.edition import Edition, edition
from ioc.errors import CommandError


@dataclass(frozen=True, slots=True)
class _File:
    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


ZONE: Final = "Asia/Ho_Chi_Minh"
_TYPED = 5  # the file after which readings stand in tables by family
_RESOLVED = 6  # the one after which there are minutes, hours and days of them
_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp())
"""


_WHOLE_HOURS = """
SELECT bool_and(extract(minute FROM at AT TIME ZONE %s) = 0)
FROM unnest(ARRAY['2026-01-01 00:00Z', '2026-07-01 00:00Z']::timestamptz[]) AS at
"""


def migrate(
    dsn: str,
    say: Callable[[str], None] = lambda _line: None,
    *,
    zone: str | None = None,
    only: Container[int] | None = None,
) -> Edition:
    """Apply what is missing; `say` gets a line for each file applied. Returns the database's edition.

    `zone` is the time zone whose days the daily figures are of (an IANA name); else the one so far, or Viet Nam's.
    `only` applies these files and no other, as a version did that had no others: a restore begins so.
    """
    with psycopg.connect(dsn, autocommit=True, application_name="ioc migrate") as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('district-ioc migrate'))")
        _use_timescaledb(connection)
        connection.execute(_TABLE)
        applied: dict[int, str] = dict(connection.execute("SELECT number, digest FROM migration").fetchall())
        for file in _files():
            if only is not None and file.number not in only:
                continue
            if file.number in applied:
                _refuse_changed(file, applied[file.number])
            else:
                _apply(connection, file)
                say(f"{file.number:04} {file.name}")
        if only is None or _TYPED in only:
            _shape_series(connection, say)
        if only is None or _RESOLVED in only:
            _shape_resolutions(connection, say, zone)
        return edition(connection)


def known() -> list[tuple[int, str, str]]:
    """Number, name and digest of every file of this version."""
    return [(file.number, file.name, file.digest) for file in _files()]


def pending(connection: psycopg.Connection) -> list[str]:
    """Names of the files this database still lacks."""
    if connection.execute("SELECT to_regclass('migration')").fetchone() == (None,):
        return [file.name for file in _files()]
    applied = {number for (number,) in connection.execute("SELECT number FROM migration")}
    return [file.name for file in _files() if file.number not in applied] + _lacking(connection)


def _files() -> Iterator[_File]:
    folder = files("ioc").joinpath("migrations")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".sql"):
            number, name = entry.name.removesuffix(".sql").split("_", 1)
            yield _File(int(number), name, entry.read_text("utf-8"))


def _shape_series(connection: psycopg.Connection, say: Callable[[str], None]) -> None:
    """Bring the tables of readings to what the families say, and move in what an earlier form kept."""
    with connection.transaction():
        wanted = list(series.statements(_present(connection)))
        for statement in wanted:
            connection.execute(statement)
        if wanted:
            say("reading_*")
    if connection.execute("SELECT to_regclass('reading_untyped')").fetchone() != (None,):
        with connection.transaction():
            for family in families().values():
                connection.execute(series.moved(family))
            connection.execute("DROP TABLE reading_untyped")


def _shape_resolutions(connection: psycopg.Connection, say: Callable[[str], None], zone: str | None) -> None:
    """Bring the tables and views of minutes, hours and days to what the families say."""
    known = None
    if connection.execute("SELECT to_regproc('site_zone')").fetchone() != (None,):
        row = connection.execute("SELECT site_zone()").fetchone()
        known = row[0] if row else None
    chosen = zone or known or ZONE
    _refuse_zone(connection, chosen)
    with connection.transaction():
        wanted = list(resolutions.statements(_present(connection), chosen, known))
        for statement in wanted:
            connection.execute(statement)
        if wanted:
            connection.execute("SELECT make_partitions(current_date - 14, current_date + 21)")
            say("minute_*, hour_*, day_*")


def _refuse_zone(connection: psycopg.Connection, zone: str) -> None:
    """Days are made of hours: a zone that the database does not know, or is off by half an hour, cannot be served."""
    try:
        row = connection.execute(_WHOLE_HOURS, (zone,)).fetchone()
    except psycopg.errors.InvalidParameterValue:
        row = None
    if row is None or not row[0]:
        raise CommandError(
            f"store.zone = {zone!r}: phải là một múi giờ lệch tròn giờ, như Asia/Ho_Chi_Minh. "
            "(not a time zone of whole hours that the database knows; use one like Asia/Ho_Chi_Minh)"
        )


def _lacking(connection: psycopg.Connection) -> list[str]:
    present = _present(connection)
    return series.lacking(present) + resolutions.lacking(present)


def _present(connection: psycopg.Connection) -> dict[str, frozenset[str]]:
    """The tables and views of readings and their resolutions there are, and their columns."""
    rows = connection.execute(
        "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name ~ '^(reading|minute|hour|day)_' GROUP BY table_name"
    ).fetchall()
    return {name: frozenset(columns) for name, columns in rows}


def _use_timescaledb(connection: psycopg.Connection) -> None:
    """Switch the extension on where the server has it; a server without it is served by plain partitions."""
    row = connection.execute("SELECT FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    if row is not None:
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        except psycopg.Error as error:
            raise CommandError(
                "Máy chủ có TimescaleDB nhưng không bật được; thêm shared_preload_libraries = 'timescaledb' vào "
                "postgresql.conf rồi khởi động lại, hoặc cấp quyền CREATE trên cơ sở dữ liệu. "
                f"(TimescaleDB is there but cannot be switched on: {str(error).splitlines()[0]})"
            ) from error


def _refuse_changed(file: _File, digest: str) -> None:
    if file.digest != digest:
        raise CommandError(
            f"Bước di trú {file.number:04} {file.name} đã chạy với nội dung khác; hãy cài đúng phiên bản. "
            f"(migration {file.number:04} was applied with other content: install the matching version)"
        )


def _apply(connection: psycopg.Connection, file: _File) -> None:
    with connection.transaction():
        connection.execute(file.text)
        connection.execute(
            "INSERT INTO migration (number, name, digest) VALUES (%s, %s, %s)", (file.number, file.name, file.digest)
        )

"""Brings a database to this version: numbered SQL files, each in one transaction, once.

Safe to repeat and to run from several machines at once (an advisory lock). A file that was applied and has changed
since is refused: history is not rewritten.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files

import psycopg

from ingest import series
from ingest.family import families
from ioc.errors import CommandError


@dataclass(frozen=True, slots=True)
class Edition:
    """Which database this is: `postgresql`, `timescaledb-apache` or `timescaledb-community`, and the version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class _File:
    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    number integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp())
"""


def migrate(dsn: str, say: Callable[[str], None] = lambda _line: None) -> Edition:
    """Apply what is missing; `say` gets a line for each file applied. Returns the database's edition."""
    with psycopg.connect(dsn, autocommit=True, application_name="ioc migrate") as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('district-ioc migrate'))")
        _use_timescaledb(connection)
        connection.execute(_TABLE)
        applied: dict[int, str] = dict(connection.execute("SELECT number, digest FROM migration").fetchall())
        for file in _files():
            if file.number in applied:
                _refuse_changed(file, applied[file.number])
            else:
                _apply(connection, file)
                say(f"{file.number:04} {file.name}")
        _shape_series(connection, say)
        return edition(connection)


def pending(connection: psycopg.Connection) -> list[str]:
    """Names of the files this database still lacks."""
    if connection.execute("SELECT to_regclass('migration')").fetchone() == (None,):
        return [file.name for file in _files()]
    applied = {number for (number,) in connection.execute("SELECT number FROM migration")}
    return [file.name for file in _files() if file.number not in applied] + series.lacking(_present(connection))


def edition(connection: psycopg.Connection) -> Edition:
    """Which database this is."""
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    if row is None:
        server = connection.execute("SHOW server_version").fetchone()
        return Edition("postgresql", server[0].split()[0] if server else "?")
    licence = connection.execute("SHOW timescaledb.license").fetchone()
    community = licence is not None and licence[0] == "timescale"
    return Edition(f"timescaledb-{'community' if community else 'apache'}", row[0])


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


def _present(connection: psycopg.Connection) -> dict[str, frozenset[str]]:
    """The tables of readings there are, and their columns."""
    rows = connection.execute(
        "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name LIKE 'reading\\_%' GROUP BY table_name"
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

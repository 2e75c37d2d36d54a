"""A real TimescaleDB server on 127.0.0.1, from this system's packages or from the cached Debian tree.

`fsync` stays on: a test that kills the server means what it proves. Telemetry is off. Databases are made
by `fresh_database`, one for each test.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from realparts import places
from realparts.processes import Server, dies_with_us, free_port, scratch_folder

SETTINGS = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # a chroot has no /dev/shm of its own
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_worker_processes": "40",  # each database with TimescaleDB holds a scheduler
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Timescale(Server):
    """One server with its data folder; `close` ends it and deletes the data."""

    def __init__(self, logs: Path) -> None:
        tree = places.timescale_tree()
        if tree is None:
            raise FileNotFoundError(places.PARTS["timescale"].lacking())
        self.tree = tree
        temporary = tree.root / "tmp" if tree.chrooted else Path(tempfile.gettempdir())
        self.data = scratch_folder(temporary)
        self.port = free_port()
        self._initialise()
        options = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        place = ["-D", self._inside(self.data), "-p", str(self.port)]
        command = [*self._prefix("INT"), f"{tree.bin}/postgres", *place, *options]
        super().__init__("timescale", command, logs, ready="ready to accept connections", stop=signal.SIGINT)

    @property
    def dsn(self) -> str:
        """Superuser on the `postgres` database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def close(self) -> None:
        """Stop and delete everything."""
        with suppress(RuntimeError):
            self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def _inside(self, path: Path) -> str:
        return f"/{path.relative_to(self.tree.root)}"

    def _prefix(self, death: str) -> list[str]:
        """Words before a command so that it runs in the tree, as `postgres`, and ends with us."""
        if os.geteuid() != 0:
            return dies_with_us(death)
        user = [
            "setpriv",
            "--reuid",
            "postgres",
            "--regid",
            "postgres",
            "--init-groups",
            "--pdeathsig",
            death,
        ]
        return ["chroot", str(self.tree.root), *user] if self.tree.chrooted else user

    def _initialise(self) -> None:
        if os.geteuid() == 0:
            uid, gid = self._postgres_ids()
            os.chown(self.data, uid, gid)
        where = ["-D", self._inside(self.data), "-U", "postgres", "--no-sync"]
        kind = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        command = [*self._prefix("KILL"), f"{self.tree.bin}/initdb", *where, *kind]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    def _postgres_ids(self) -> tuple[int, int]:
        if not self.tree.chrooted:
            account = pwd.getpwnam("postgres")
            return account.pw_uid, account.pw_gid
        lines = (self.tree.root / "etc/passwd").read_text().splitlines()
        entry = next(line.split(":") for line in lines if line.startswith("postgres:"))
        return int(entry[2]), int(entry[3])


class NamedTimescale:
    """A server that `IOC_TEST_TIMESCALE_DSN` names: used, never started or stopped by us."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def close(self) -> None:
        """Leave it as it is."""


@contextmanager
def fresh_database(server: str, template: str = "template0") -> Iterator[str]:
    """A new database on `server` (a superuser's DSN), copied from `template`; dropped at the end.

    Not from template1: TimescaleDB's launcher looks into it, and nobody may while it is copied.
    """
    name = sql.Identifier(database := f"test_{uuid.uuid4().hex[:12]}")
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(template))
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(make)
    try:
        yield with_database(server, database)
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(drop)


def with_database(dsn: str, database: str) -> str:
    """The same DSN for another database; stays a URL where it was one."""
    if "://" not in dsn:
        return make_conninfo(dsn, dbname=database)
    base, _, query = dsn.partition("?")
    scheme, _, rest = base.partition("://")
    authority = rest.partition("/")[0]
    return f"{scheme}://{authority}/{database}" + (f"?{query}" if query else "")

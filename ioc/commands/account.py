"""`ioc account NAME`: a new one-time password for someone who cannot sign in; at the server's own keyboard."""

import argparse
from pathlib import Path

import psycopg
from psycopg_pool import ConnectionPool

from ioc import command
from ioc.accounts import passwords
from ioc.accounts.model import Actor, Denied
from ioc.accounts.store import Pool, change
from ioc.clock import now_ms
from ioc.embedded import start_database
from ioc.errors import CommandError
from ioc.lifecycle import Stops
from ioc.settings import Settings


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Set a one-time password and print it; the audit notes who did it from where."""
    password = passwords.one_time()
    with Stops() as stops:
        dsn = settings.database.dsn or _embedded(settings, stops)
        pool: Pool = ConnectionPool(dsn, min_size=1, max_size=1, open=False)
        stops.add("database connections", pool.close)
        try:
            pool.open(wait=True, timeout=10)
            keyboard = Actor("ioc account", None, "local")
            answer = change(pool, keyboard, known.name, now_ms(), role=None, enabled=True, password=password)
        except psycopg.Error as error:
            raise CommandError(f"Không dùng được cơ sở dữ liệu (cannot use the database): {error}") from error
    if isinstance(answer, Denied):
        raise CommandError(f"{answer.vi}: {known.name} ({answer.en})")
    print(f"{known.name}: mật khẩu một lần (one-time password): {password}")
    return 0


def _embedded(settings: Settings, stops: Stops) -> str:
    part = start_database(Path(settings.data_dir))
    stops.add("database", part.stop)
    return part.url


COMMAND = command.Command(
    "account",
    "đặt lại mật khẩu cho người không đăng nhập được (a new one-time password for an account)",
    "ioc account admin",
    run,
    [("name", {"metavar": "TÊN", "help": "tên tài khoản (the account's name)"})],
)

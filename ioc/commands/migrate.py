"""`ioc migrate`: brings the database to this version, and the site file's areas and devices into it."""

import argparse
import json

import psycopg

from ioc import command, migrate, site
from ioc.errors import CommandError
from ioc.settings import Settings
from ioc.wiring import find_site


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Apply what is missing and say which database it is."""
    if settings.database.dsn is None:
        raise CommandError("Chưa đặt database.dsn; đặt IOC_DATABASE__DSN=postgresql://… (database.dsn is not set)")
    applied: list[str] = []
    try:
        edition = migrate.migrate(settings.database.dsn, applied.append, zone=settings.store.zone)
        with psycopg.connect(settings.database.dsn, autocommit=True) as connection:
            site.store(connection, find_site(settings))
    except psycopg.OperationalError as error:
        raise CommandError(f"Không nối được cơ sở dữ liệu (cannot reach the database): {error}") from error
    if known.json:
        print(json.dumps({"applied": applied, "edition": edition.name, "version": edition.version}))
    else:
        for line in applied:
            print(f"  + {line}")
        print(f"Xong (done): {edition.name} {edition.version}")
    return 0


COMMAND = command.Command(
    "migrate",
    "đưa cơ sở dữ liệu lên phiên bản này (bring the database to this version)",
    "IOC_DATABASE__DSN=postgresql://ioc@localhost/ioc ioc migrate",
    run,
    [
        ("--site", {"metavar": "FILE", "help": "tệp địa bàn TOML (site file)"}),
        ("--json", {"action": "store_true", "help": "in dạng JSON (print JSON)"}),
    ],
)

"""`ioc up`: everything on one machine, with embedded parts where none are configured; Ctrl-C ends it all."""

import argparse
from pathlib import Path

import psycopg

from ioc import command, logs, site
from ioc.centre import all_in_one
from ioc.demo import staffed
from ioc.embedded import free_space_problem, start_broker, start_database
from ioc.embedded.simulated import start_simulators
from ioc.errors import CommandError, SettingsError
from ioc.lifecycle import Stops
from ioc.migrate import migrate
from ioc.serving import Server
from ioc.settings import Settings
from ioc.site import SiteFile
from ioc.wiring import Told, find_site

_NEED_MB = 500


def run(settings: Settings, known: argparse.Namespace) -> int:
    """Start all, say where the wall is, wait; 1 if a part broke by itself."""
    if known.demo and settings.site.file not in (None, *site.shipped_names()):
        raise SettingsError(
            f"--demo chỉ mô phỏng địa bàn có sẵn ({', '.join(site.shipped_names())}); "
            "bỏ --demo để chạy địa bàn của bạn. "
            "(--demo simulates a shipped site: leave it out to run a site of your own)"
        )
    if known.scenario and not known.demo:
        raise SettingsError("--scenario cần --demo. (--scenario needs --demo)")
    logs.set_up("warning" if settings.log.level == "info" else settings.log.level, settings.log.format)
    told = Told(command.until_told())
    with Stops() as stops:
        _start(settings, known, stops, told)
        told.event.wait()
        _say("\nĐang dừng… (stopping)")
    _say("Đã dừng hết. (everything has stopped)")
    return 1 if told.broke else 0


def _start(settings: Settings, known: argparse.Namespace, stops: Stops, told: Told) -> None:
    here = find_site(settings, demo=known.demo)
    if known.demo:
        settings, here = staffed(settings, here)
    server = Server(settings.web.host, settings.web.port)
    dsn = settings.database.dsn or _database(settings, stops)
    broker = settings.mqtt.url or _broker(settings, stops)
    _prepare(dsn, here, settings.store.zone)
    password = all_in_one(settings, here, dsn, broker, server, stops, told)
    if known.demo and not told.event.is_set():
        stops.add("simulators", start_simulators(Path(settings.data_dir), here.slug, broker, known.scenario).stop)
    _announce(server, password, broker)


def _database(settings: Settings, stops: Stops) -> str:
    folder = Path(settings.data_dir)
    problem = free_space_problem(folder, _NEED_MB)
    if problem is not None:
        raise CommandError(problem)
    _say("· cơ sở dữ liệu (database) …")
    part = start_database(folder)
    stops.add("database", part.stop)
    return part.url


def _broker(settings: Settings, stops: Stops) -> str:
    _say("· máy chủ MQTT (broker) …")
    part = start_broker(Path(settings.data_dir))
    stops.add("broker", part.stop)
    return part.url


def _prepare(dsn: str, here: SiteFile, zone: str) -> None:
    try:
        migrate(dsn, lambda line: _say(f"  + {line}"), zone=zone)
        with psycopg.connect(dsn, autocommit=True) as connection:
            site.store(connection, here)
    except psycopg.OperationalError as error:
        raise CommandError(f"Không dùng được cơ sở dữ liệu (cannot use the database): {error}") from error


def _announce(server: Server, password: str | None, broker: str) -> None:
    _say(f"\n  Màn hình (wall):        {server.url}/")
    if password is not None:
        _say("  Tài khoản (account):    admin")
        _say(f"  Mật khẩu một lần (one-time password): {password}")
        _say("  Hãy đặt mật khẩu của bạn sau khi đăng nhập. (Choose your own after signing in.)")
    _say(f"  Thiết bị gửi tới (devices publish to): {broker}")
    _say("  Ctrl-C để dừng. (Ctrl-C stops everything.)\n")


def _say(line: str) -> None:
    print(line, flush=True)


COMMAND = command.Command(
    "up",
    "chạy tất cả trên một máy (run everything on one machine)",
    "ioc up --demo",
    run,
    [
        (
            "--site",
            {"metavar": "FILE", "help": "tệp địa bàn TOML, hoặc tên địa bàn có sẵn (site file, or a shipped site)"},
        ),
        ("--demo", {"action": "store_true", "help": "thêm huyện mô phỏng (add the simulated district; Nông Sơn)"}),
        (
            "--scenario",
            {"metavar": "NAME", "help": "kịch bản mô phỏng (what goes wrong in the demo: docs/simulators.md)"},
        ),
        ("--port", {"type": int, "metavar": "N", "help": "cổng của màn hình (the wall's port; default 8080)"}),
    ],
)

"""`ioc web`: the wall and the HTTP face alone, following an ingest that runs elsewhere."""

import argparse

from ioc import command, logs
from ioc.centre import wall_alone
from ioc.errors import CommandError
from ioc.lifecycle import Stops
from ioc.serving import Server
from ioc.settings import Settings
from ioc.wiring import Told, find_site


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Serve until told to stop; 1 if it broke by itself."""
    if settings.database.dsn is None:
        raise CommandError("Chưa đặt IOC_DATABASE__DSN (database.dsn is not set): postgresql://…")
    logs.set_up(settings.log.level, settings.log.format)
    server = Server(settings.web.host, settings.web.port)
    told = Told(command.until_told())
    with Stops() as stops:
        password = wall_alone(settings, find_site(settings), settings.database.dsn, server, stops, told)
        print(f"Màn hình (wall): {server.url}/", flush=True)
        if password is not None:
            print(f"admin, mật khẩu một lần (one-time password): {password}", flush=True)
        told.event.wait()
    return 1 if told.broke else 0


COMMAND = command.Command(
    "web",
    "màn hình và HTTP, theo một ingest chạy nơi khác (the wall and HTTP alone)",
    "IOC_DATABASE__DSN=… ioc web",
    run,
)

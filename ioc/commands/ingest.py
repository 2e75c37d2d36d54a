"""`ioc ingest`: hears, keeps and judges; no web. For machines where the parts run apart."""

import argparse

from ioc import command, logs
from ioc.centre import hear_and_judge
from ioc.errors import CommandError
from ioc.lifecycle import Stops
from ioc.settings import Settings
from ioc.wiring import Told, find_site


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Work until told to stop; 1 if it broke by itself."""
    if settings.database.dsn is None or settings.mqtt.url is None:
        raise CommandError(
            "Cần IOC_DATABASE__DSN và IOC_MQTT__URL; để chạy tất cả trên một máy, dùng `ioc up`. "
            "(database.dsn and mqtt.url are needed; `ioc up` runs everything on one machine)"
        )
    logs.set_up(settings.log.level, settings.log.format)
    told = Told(command.until_told())
    with Stops() as stops:
        hear_and_judge(settings, find_site(settings), settings.database.dsn, settings.mqtt.url, stops, told)
        told.event.wait()
    return 1 if told.broke else 0


COMMAND = command.Command(
    "ingest",
    "nghe, lưu, xét cảnh báo (hear, keep and judge, without the web)",
    "IOC_DATABASE__DSN=… IOC_MQTT__URL=mqtt://broker ioc ingest",
    run,
)

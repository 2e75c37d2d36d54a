"""`ioc ingest` with nobody listening to it: what the alert engine costs is the difference."""

import os
import sys

from ioc import command, logs, settings
from ioc.lifecycle import Stops
from ioc.wiring import Told, find_site, wire_ingest

chosen = settings.load(None, os.environ)
if chosen.database.dsn is None or chosen.mqtt.url is None:
    sys.exit("IOC_DATABASE__DSN and IOC_MQTT__URL are needed")
logs.set_up(chosen.log.level, chosen.log.format)
told = Told(command.until_told())
with Stops() as stops:
    wire_ingest(
        chosen, find_site(chosen), chosen.database.dsn, chosen.mqtt.url, stops, told, lambda _heard: None
    )  # fmt: skip
    told.event.wait()

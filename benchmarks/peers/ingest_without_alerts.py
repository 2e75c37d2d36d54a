"""`ioc ingest` with nobody listening to it: what the alert engine costs is the difference."""

import os
import sys

from ioc import command, logs, settings
from ioc.lifecycle import Stops
from ioc.wiring import Told, find_site, wire_ingest, wire_store

chosen = settings.load(None, os.environ)
if chosen.database.dsn is None or chosen.mqtt.url is None:
    sys.exit("IOC_DATABASE__DSN and IOC_MQTT__URL are needed")
logs.set_up(chosen.log.level, chosen.log.format)
told = Told(command.until_told())
with Stops() as stops:
    site = find_site(chosen)
    found = wire_store(chosen, site, chosen.database.dsn, stops, told)
    wire_ingest(chosen, site, found, chosen.mqtt.url, stops, told, lambda _heard: None)
    told.event.wait()

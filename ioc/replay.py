"""Reads the readings of a time from the database and plays them to rules (`alerts.replaying`).

Shell: it reads in portions on one connection and writes nothing. Whole days of a big district take minutes.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

import psycopg

from alerts.replaying import Replay, Report
from alerts.rule import Rule
from ingest.model import Admission, Device, Sample
from ingest.queries import load
from ioc.accounts.store import Pool
from ioc.rulebooks import find_grounds
from ioc.site import SiteFile

_SQL = load("ioc", "rulebooks.sql")
PORTION: Final = 5_000
Progress = Callable[[int, int], None]
"""Is told how many readings were played, and the time (epoch ms) reached."""


def replay(
    pool: Pool, site: SiteFile, rules: Sequence[Rule], start: int, end: int, progress: Progress = lambda _n, _at: None
) -> Report:
    """What these rules would have raised from `start` to `end` (epoch ms)."""
    with pool.connection() as connection:
        connection.execute("SET LOCAL statement_timeout = 0")
        devices = {row[0]: _device(row) for row in connection.execute(_SQL["known_devices"])}
        played = Replay(rules, {device.address: device for device in devices.values()}, find_grounds(site, pool))
        for at, group in groupby(_samples(connection, devices, start, end), key=lambda sample: sample.received_at):
            before = played.report.readings // PORTION
            played.hear(list(group))
            if played.report.readings // PORTION > before:
                progress(played.report.readings, at)
    return played.end(end)


def _samples(connection: psycopg.Connection, devices: dict[int, Device], start: int, end: int) -> Iterator[Sample]:
    asked = {"start": _moment(start), "end": _moment(end)}
    with connection.cursor(name="replay") as cursor:
        cursor.itersize = PORTION
        for device_id, ts, received_at, metrics in cursor.execute(_SQL["readings_between"], asked):
            if device_id in devices:
                yield Sample(devices[device_id].address, _millis(ts), metrics, received_at=_millis(received_at))


def _device(row: tuple[Any, ...]) -> Device:
    _, address, area, gateway, maker, model, fw, interval_s = row
    return Device(
        address, Admission.ADMITTED, area=area, gateway=gateway, maker=maker, model=model, fw=fw, interval_s=interval_s
    )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)

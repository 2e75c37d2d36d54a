"""Who stands out: the devices that sent most readings, and those that came and went most often."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from psycopg import Connection

from ingest.family import families
from ioc.history.asking import ask, part
from ioc.history.availability import HOLDS
from ioc.history.courses import kept_table, reach_of, which
from ioc.history.resolution import DAY_S, Resolution, fitting, floor
from ioc.history.scope import Stay

_BUCKETS = 72  # a span is counted in so many at least, or by readings' minutes where it is too short for that


def sent_most(
    connection: Connection[Any], since: datetime, until: datetime, stays: Sequence[Stay], limit: int
) -> Sequence[tuple[str, int]]:
    """Devices with the number of their readings, most first; counted in whole minutes, hours or days."""
    found: list[tuple[str, int]] = []
    for family, group in groupby(sorted(stays, key=attrgetter("family")), attrgetter("family")):
        if family in families():
            found += _of_family(connection, family, since, until, list(group), limit)
    return sorted(found, key=lambda row: (-row[1], row[0]))[:limit]


def _of_family(
    connection: Connection[Any], family: str, since: datetime, until: datetime, stays: Sequence[Stay], limit: int
) -> Sequence[tuple[str, int]]:
    reach = reach_of(connection, family)
    step = max(60, min(DAY_S, int((until - since).total_seconds()) // _BUCKETS))
    resolution, _ = fitting(step, since, reach)
    if resolution is Resolution.RAW:
        resolution = Resolution.MINUTE
    names = {stay.device_id: stay.address for stay in stays}
    rows = part("sent_most", which=which(kept_table(family, resolution), "bucket", []))
    values = {"ids": list(names), "begin": floor(since, resolution, reach.zone), "end": until, "limit": limit}
    return [(names[device], many) for device, many in connection.execute(rows, values)]


def changed_most(
    connection: Connection[Any], since: datetime, until: datetime, stays: Sequence[Stay], limit: int
) -> Sequence[tuple[str, int]]:
    """Devices with how often they came into service or went out of it, most first."""
    names = {stay.device_id: stay.address for stay in stays}
    values = {"ids": list(names), "begin": since, "end": until, "limit": limit, "holds": HOLDS}
    return [(names[device], many) for device, many in ask(connection, "changed_most", values)]

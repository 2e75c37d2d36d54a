"""The statements that compute a family's minutes, hours and days from its readings.

Decides the SQL and never runs it; when each runs, and in which transaction, is decided in `ioc.jobs.resolutions`. But
for the first, every statement takes `devices` (their numbers), `begin` and `end` (whole hours; of days, whole days).
"""

from functools import cache
from typing import Final

from ingest.aggregates import columns, merged, of_buckets, of_readings
from ingest.family import families
from ingest.resolutions import Resolution, bucket, kept
from ingest.series import table

_SPAN: Final = "{time} >= %(begin)s AND {time} < %(end)s"


@cache
def begin(family: str) -> str:
    """Begins the record of what is kept, where there is none: at the oldest reading, else with the hour that runs."""
    oldest = f"SELECT min(ts) FROM {table(family)} WHERE NOT suspect"
    first = f"SELECT date_trunc('hour', least(clock_timestamp(), ({oldest})), 'UTC') AS first"
    return (
        "INSERT INTO resolution (family, zone, hours_until, days_until) "
        f"SELECT '{family}', site_zone(), first, date_trunc('day', first, site_zone()) FROM ({first}) AS found "
        f"WHERE NOT EXISTS (SELECT FROM resolution WHERE family = '{family}')"
    )


@cache
def forget(family: str, resolution: Resolution) -> str:
    """Takes away what is kept of a span, to be computed anew."""
    span = _SPAN.format(time="bucket")
    return f"DELETE FROM {kept(family, resolution)} WHERE device_id = ANY(%(devices)s) AND {span}"


@cache
def compute(family: str, resolution: Resolution, zone: str) -> str:
    """Computes and keeps a span: minutes and hours from readings, days from hours.

    Device by device, along the key: however long the partition, no more is read than the span.
    """
    if resolution is Resolution.DAY:
        made = of_buckets(families()[family], bucket(resolution, "bucket", zone))
        source, span, fit = kept(family, Resolution.HOUR), _SPAN.format(time="bucket"), ""
    else:
        made = of_readings(families()[family], bucket(resolution, "ts", zone))
        source, span, fit = table(family), _SPAN.format(time="ts"), " AND NOT suspect"
    return (
        f"INSERT INTO {kept(family, resolution)} ({_names(family)}) "
        "SELECT found.* FROM unnest(%(devices)s::integer[]) AS device (id) CROSS JOIN LATERAL ("
        f"{made} FROM {source} WHERE device_id = device.id AND {span}{fit} GROUP BY 1, 2) AS found"
    )


@cache
def fold(family: str, zone: str) -> str:
    """Folds readings that came after the others of their hour were let go into what is kept, and lets them go too.

    `minutes`, `hours` and `days` say which resolutions still reach back so far. Each such reading counts once, for it
    is gone in the same transaction.
    """
    span = _SPAN.format(time="ts")
    late = f"DELETE FROM {table(family)} WHERE device_id = ANY(%(devices)s) AND {span} AND NOT suspect RETURNING *"
    parts = [f"gone AS ({late})"]
    for resolution in Resolution:
        made = of_readings(families()[family], bucket(resolution, "ts", zone))
        parts.append(
            f"{resolution}s AS (INSERT INTO {kept(family, resolution)} AS old ({_names(family)}) "
            f"{made} FROM gone WHERE %({resolution}s)s GROUP BY 1, 2 "
            f"ON CONFLICT (device_id, bucket) DO UPDATE SET {merged(families()[family], 'old')})"
        )
    return f"WITH {', '.join(parts)} SELECT count(*) FROM gone"


def _names(family: str) -> str:
    return ", ".join(["bucket", "device_id", "n", *(f'"{column}"' for column in columns(families()[family]))])

"""Readings by the minute, the hour and the day: which tables and views there are of each family, and their columns.

Decides names, types and the SQL that brings them to what the families say; never runs it. Of each family and resolution
there are a table of what is computed and kept (`minute_camera_kept`) and a view under the public name (`minute_camera`)
that adds what is not kept yet, computed from readings when asked for, so that it answers up to now. How the aggregates
are computed stands in `ingest.aggregates`, when in `ioc.jobs.resolutions`.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

from ingest.aggregates import columns, of_buckets, of_readings
from ingest.family import Family, families
from ingest.series import table


class Resolution(StrEnum):
    """How long a bucket is."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


_EVERY: Final[Mapping[Resolution, str]] = {
    Resolution.MINUTE: "7 days", Resolution.HOUR: "30 days", Resolution.DAY: "365 days",
}  # fmt: skip
_MADE: Final = """
CREATE TABLE {name} (
    bucket timestamptz NOT NULL,
    device_id integer NOT NULL,
    n bigint NOT NULL,
    {columns},
    PRIMARY KEY (device_id, bucket)
)"""
_PURPOSE: Final = (
    "Readings of the family {slug} by the {each}: what is computed and kept. Ask the view {view}, which adds the rest."
)
_VIEW: Final = (
    "Readings of the family {slug} by the {each}, up to now; those of a suspect clock are in none. "
    "n: readings. Of a number: how many (_n), _min, _max, _sum, _last. Of a counter: _n, _first, _last, and _inc, its "
    "growth within the bucket over any resets. Of a switch: _n, how many were on (_on), _last."
)


def view(family: str, resolution: Resolution) -> str:
    """The public name: what is asked for a family's readings at a resolution."""
    return f"{resolution}_{family.replace('-', '_')}"


def kept(family: str, resolution: Resolution) -> str:
    """The table of the buckets that are computed and kept."""
    return f"{view(family, resolution)}_kept"


def bucket(resolution: Resolution, ts: str, zone: str) -> str:
    """The expression of the bucket that a time falls into; days are those of the zone."""
    if resolution is Resolution.DAY:
        return f"date_trunc('day', {ts}, '{zone}')"
    return f"date_bin('1 {resolution}', {ts}, 'epoch'::timestamptz)"


def statements(present: Mapping[str, frozenset[str]], zone: str, known_zone: str | None) -> Iterator[str]:
    """What makes tables and views what the families say, with days of this zone; nothing where they are so already.

    `present` are the columns of the tables and views there are, `known_zone` is the zone of the days kept so far.
    """
    if not lacking(present) and zone == known_zone:
        return
    yield f"CREATE OR REPLACE FUNCTION site_zone() RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT '{zone}'$$"
    yield "COMMENT ON FUNCTION site_zone IS 'The time zone whose days the buckets of day_* are.'"
    for family in families().values():
        yield from _views_gone(family, present)
        for resolution in Resolution:
            yield from _shaped(family, resolution, present)
        if known_zone not in (None, zone):
            yield from _other_days(family, zone)
        for resolution in Resolution:
            yield f"CREATE VIEW {view(family.slug, resolution)} AS {_answer(family, resolution, zone)}"
            text = _VIEW.format(slug=family.slug, each=resolution)
            yield f"COMMENT ON VIEW {view(family.slug, resolution)} IS '{text}'"


def lacking(present: Mapping[str, frozenset[str]]) -> list[str]:
    """Tables, views and columns that the families want and the database has not."""
    found = []
    for family in families().values():
        for resolution in Resolution:
            for name in (kept(family.slug, resolution), view(family.slug, resolution)):
                there = present.get(name)
                wanted = columns(family)
                found += [name] if there is None else [f"{name}.{c}" for c in wanted if c not in there]
    return found


def _views_gone(family: Family, present: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Days first, for they are computed from hours."""
    for resolution in reversed(Resolution):
        if view(family.slug, resolution) in present:
            yield f"DROP VIEW {view(family.slug, resolution)}"


def _shaped(family: Family, resolution: Resolution, present: Mapping[str, frozenset[str]]) -> Iterator[str]:
    name = kept(family.slug, resolution)
    if name not in present:
        yield from _made(family, resolution)
        return
    for column, kind in columns(family).items():
        if column not in present[name]:
            yield f'ALTER TABLE {name} ADD COLUMN "{column}" {kind}'


def _made(family: Family, resolution: Resolution) -> Iterator[str]:
    name = kept(family.slug, resolution)
    yield _MADE.format(name=name, columns=", ".join(f'"{c}" {kind}' for c, kind in columns(family).items()))
    text = _PURPOSE.format(slug=family.slug, each=resolution, view=view(family.slug, resolution))
    yield f"COMMENT ON TABLE {name} IS '{text}'"
    yield f"SELECT make_buckets('{name}', '{_EVERY[resolution]}')"


def _other_days(family: Family, zone: str) -> Iterator[str]:
    """Days of another zone: those whose hours are all there are computed anew, older ones stay as they are."""
    days, hours = kept(family.slug, Resolution.DAY), kept(family.slug, Resolution.HOUR)
    oldest = f"coalesce((SELECT min(bucket) FROM {hours}), hours_until)"
    yield (
        f"UPDATE resolution SET zone = '{zone}', days_until = CASE hours_since WHEN 'epoch' "
        f"THEN date_trunc('day', {oldest}, '{zone}') "
        f"ELSE date_trunc('day', hours_since, '{zone}') + interval '1 day' END WHERE family = '{family.slug}'"
    )
    yield (
        f"DELETE FROM {days} USING resolution WHERE family = '{family.slug}' "
        "AND (hours_since = 'epoch' OR bucket >= days_until)"
    )


def _answer(family: Family, resolution: Resolution, zone: str) -> str:
    """What is kept, and what is not kept yet."""
    names = ", ".join(["bucket", "device_id", "n", *(_told(column) for column in columns(family))])
    until = "days_until" if resolution is Resolution.DAY else "hours_until"
    end = f"coalesce((SELECT {until} FROM resolution WHERE family = '{family.slug}'), 'epoch')"
    if resolution is Resolution.DAY:
        made = of_buckets(family, bucket(resolution, "bucket", zone))
        rest = f"{made} FROM {view(family.slug, Resolution.HOUR)} WHERE bucket >= {end}"
    else:
        made = of_readings(family, bucket(resolution, "ts", zone))
        rest = f"{made} FROM {table(family.slug)} WHERE NOT suspect AND ts >= {end}"
    return f"SELECT {names} FROM {kept(family.slug, resolution)} UNION ALL {rest} GROUP BY 1, 2"


def _told(column: str) -> str:
    """A kept column as it is told: of a metric learnt since, there were none."""
    return f'coalesce("{column}", 0) AS "{column}"' if column.endswith(("_n", "_on")) else f'"{column}"'

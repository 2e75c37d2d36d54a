"""The course of a metric: of each of many devices, or of all of them together, at the resolution that fits.

A bucket without a value is absent: nothing is interpolated. A counter is told as its rate, over resets and never across
a gap; what it grew by counts the growth across gaps too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.sql import Composable

from ingest import resolutions
from ingest.family import Kind, families
from ingest.series import table
from ioc.history.asking import ask, part
from ioc.history.resolution import DAY_S, MONDAY, ORIGIN, Reach, Resolution, fitting, floor, near_s, step_s
from ioc.history.scope import Stay

FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)
HOME: Final = Reach("Asia/Ho_Chi_Minh")

Bucket = tuple[int, datetime, float | None, float | None, float | None, int, float | None]
"""Device (0: all together), beginning, least, mean, most, number of readings, growth of a counter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One metric over a span, in at most so many points; `together`: one course of all devices."""

    metric: str
    since: datetime
    until: datetime
    points: int = 300
    together: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """What came of it. `kind` tells whether the values are rates a second (a counter's) or plain ones."""

    step_s: int
    resolution: Resolution
    kind: Kind
    buckets: Sequence[Bucket]


def reach_of(connection: Connection[Any], family: str) -> Reach:
    """Since when a family's readings are kept at each resolution."""
    found = ask(connection, "reach", {"family": family})
    return Reach(*found[0]) if found else HOME


def courses(connection: Connection[Any], asked: Asked, stays: Sequence[Stay]) -> Mapping[str, Course]:
    """The metric's course by family: of those families that have a column for it, or else of those that may say it."""
    by_family: dict[str, list[Stay]] = {}
    for stay in stays:
        by_family.setdefault(stay.family, []).append(stay)
    known = {name: families()[name] for name in by_family if name in families()}
    fit = [name for name, family in known.items() if asked.metric in family.columns] or list(known)
    return {name: _course(connection, asked, name, by_family[name]) for name in fit}


def _course(connection: Connection[Any], asked: Asked, family: str, stays: Sequence[Stay]) -> Course:
    kind = families()[family].columns.get(asked.metric)
    reach = reach_of(connection, family)
    step = step_s((asked.until - asked.since).total_seconds(), asked.points)
    resolution, step = fitting(step, asked.since, reach) if kind is not None else (Resolution.RAW, step)
    values = {**_span(asked, stays, resolution, kind, reach.zone, step), "metric": asked.metric}
    shape = "counter" if kind is Kind.COUNTER else "gauge"
    made = part(
        f"{shape}_{'together' if asked.together else 'each'}",
        bin=part("bin" if step < DAY_S else "day_bin"),
        source=_source(family, asked.metric, kind, resolution, stays, made=reach.made(resolution, asked.until)),
    )
    return Course(step, resolution, kind or Kind.NUMBER, connection.execute(made, values).fetchall())


def _span(
    asked: Asked, stays: Sequence[Stay], resolution: Resolution, kind: Kind | None, zone: str, step: int
) -> Mapping[str, object]:
    """The values that the statements take."""
    begin = floor(asked.since, resolution, zone)
    near = timedelta(seconds=near_s(resolution, [stay.interval_s or 60 for stay in stays]))
    return {
        **held(stays), "since": begin, "end": asked.until, "near": near,
        "begin": begin - near if kind is Kind.COUNTER else begin,
        "step": timedelta(seconds=step), "origin": ORIGIN, "zone": zone, "monday": MONDAY,
    }  # fmt: skip


def held(stays: Sequence[Stay]) -> Mapping[str, object]:
    """The devices and the times of their stays, as the statements take them."""
    bounds = {"sinces": [s.since or FIRST for s in stays], "untils": [s.until or LAST for s in stays]}
    return {"ids": [stay.device_id for stay in stays], **(bounds if bounded(stays) else {})}


def bounded(stays: Sequence[Stay]) -> bool:
    """Whether some device is asked about for a part of its time only."""
    return any(stay.since is not None or stay.until is not None for stay in stays)


def which(name: str, time: str, stays: Sequence[Stay]) -> Composable:
    """The rows of the devices, and of their stays where these are bounded."""
    return part("which_while" if bounded(stays) else "which", table=name, time=time)


def kept_table(family: str, resolution: Resolution, *, made: bool = False) -> str:
    """Where a family's readings of a resolution are asked for; `made`: all of them are kept."""
    if resolution is Resolution.RAW:
        return table(family)
    return (resolutions.kept if made else resolutions.view)(family, resolutions.Resolution(resolution))


def _source(
    family: str, metric: str, kind: Kind | None, resolution: Resolution, stays: Sequence[Stay], *, made: bool
) -> Composable:  # fmt: skip
    raw = resolution is Resolution.RAW
    rows = which(kept_table(family, resolution, made=made), "ts" if raw else "bucket", stays)
    if kind is None:
        return part("other_raw", which=rows)
    form = "raw" if raw else "kept"
    names = {"metric": metric} if raw else dict(_columns(metric, kind))
    source = part(f"{kind}_{form}", which=rows, **names)
    return part("grown", source=source) if kind is Kind.COUNTER else source


def _columns(metric: str, kind: Kind) -> Iterator[tuple[str, str]]:
    forms = {
        Kind.NUMBER: ("n", "min", "max", "sum"),
        Kind.SWITCH: ("n", "on"),
        Kind.COUNTER: ("n", "first", "last", "inc"),
    }
    return ((form, f"{metric}_{form}") for form in forms[kind])

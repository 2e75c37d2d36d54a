"""The course of one metric: of one device, of many, of whole areas; who sent or changed most.

Buckets have round lengths and begin at round times of Viet Nam's clock. One without a reading is absent: nothing is
interpolated. Readings of a suspect clock are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, NotRequired

import msgspec
from fastapi import Query, Response
from typing_extensions import TypedDict

from ingest.family import Kind
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.devices import Slug, unknown_device
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import Asked, Time, moment, written
from ioc.history import courses, talkers
from ioc.history.courses import Bucket, Course
from ioc.history.resolution import step_s
from ioc.history.scope import Areas, Stay, Wanted, stays

routes = router("/api/v1", "history")

MOST_SERIES: Final = 500  # courses in one answer
MOST_NAMED: Final = 200  # devices named in one question: a query has at most 4 KiB
TOGETHER: Final = "*"


class Point(TypedDict):
    """What was measured in one bucket; `ts` is its beginning. Of a counter: rates a second, and what it grew by."""

    ts: Time
    min: float | None
    avg: float | None
    max: float | None
    count: int
    increase: NotRequired[float]


History = TypedDict(  # `from` is no name in Python
    "History",
    {
        "device": str, "metric": str, "kind": str, "from": Time, "to": Time, "step_s": int, "resolution": str,
        "points": list[Point],
    },
)  # fmt: skip
"""A series; `step_s` is the length of a bucket, `resolution` what it was made from."""


class Series(TypedDict):
    """One course; `device` is `*` where it is of all together, then one for each family that knows the metric."""

    device: str
    family: str
    kind: str
    step_s: int
    resolution: str
    points: list[Point]


Histories = TypedDict("Histories", {"metric": str, "from": Time, "to": Time, "devices": int, "series": list[Series]})
"""Courses by the device's address; a device without a reading in the span has none."""


class Talker(TypedDict):
    """A device and how many."""

    device: str
    count: int


class By(StrEnum):
    """What is counted: readings sent, or comings into service and goings out of it."""

    SENT = "sent"
    CHANGED = "changed"


Talkers = TypedDict("Talkers", {"by": str, "from": Time, "to": Time, "items": list[Talker]})
"""Most first."""

Metric = Annotated[str, Query(min_length=1, max_length=100)]
Since = Annotated[Asked | None, Query(alias="from", description="else a day before `to`")]
Until = Annotated[Asked | None, Query(alias="to", description="else now")]
Points = Annotated[int, Query(ge=1, le=2000)]
Devices = Annotated[str | None, Query(max_length=4000, description="addresses with commas between them")]
Word = Annotated[str | None, Query(max_length=200)]
Area = Annotated[str | None, Query(max_length=63, description="with the areas below it")]
Meant = Annotated[Areas, Query(description="areas as they were `then`, or as they are `now`")]


def span(parts: Parts, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The time asked about: the last day where nothing is said."""
    end = until or moment(parts.now())
    begin = since or end - timedelta(days=1)
    if begin >= end:
        raise Problem(422, "`from` lies before `to`")
    return begin, end


def wanted(devices: str | None, family: str | None, area: str | None, maker: str | None, areas: Areas) -> Wanted:
    """Which devices are asked about."""
    named = None if devices is None else tuple(name for name in devices.split(",") if name)
    if named is not None and len(named) > MOST_NAMED:
        raise Problem(422, f"name at most {MOST_NAMED} devices, or an area or a family")
    return Wanted(named, family, area, maker, areas)


@routes.get("/devices/{site}/{family}/{device}/history", dependencies=[requires(Role.VIEWER)])
def history(
    site: Slug, family: Slug, device: Slug, parts: Has, metric: Metric, since: Since = None, until: Until = None,
    points: Points = 300,
) -> History:  # fmt: skip
    """A metric's course; on and off count as 1 and 0, a counter as its rate."""
    begin, end = span(parts, since, until)
    address = f"{site}/{family}/{device}"
    with parts.pool.connection() as connection:
        found = stays(connection, Wanted((address,)))
        if not found:
            raise unknown_device(address)
        course = courses.courses(connection, courses.Asked(metric, begin, end, points), found).get(family)
    head = {"device": address, "metric": metric, "from": written(begin), "to": written(end)}
    body = {**head, **_shape(course, end - begin, points), "points": _points(course.buckets if course else (), course)}
    return Response(msgspec.json.encode(body), media_type="application/json")  # type: ignore[return-value]


@routes.get("/history", dependencies=[requires(Role.VIEWER)])
def histories(
    parts: Has, metric: Metric, devices: Devices = None, family: Word = None, area: Area = None, maker: Word = None,
    since: Since = None, until: Until = None, points: Points = 300, areas: Meant = Areas.NOW,
    together: Annotated[bool, Query(description="one course of all devices")] = False,
) -> Histories:  # fmt: skip
    """A metric's course for many devices: each, or all of them together."""
    begin, end = span(parts, since, until)
    asked = courses.Asked(metric, begin, end, points, together)
    with parts.pool.connection() as connection:
        found = stays(connection, wanted(devices, family, area, maker, areas))
        number = len({stay.device_id for stay in found})
        if number > MOST_SERIES and not together:
            raise Problem(422, f"{number} devices; at most {MOST_SERIES} courses in one answer: ask for fewer, for "
                               "`together=true`, or for history.csv", code="too_many_series")  # fmt: skip
        made = courses.courses(connection, asked, found)
    series = [one for name, course in made.items() for one in _series(name, course, found)]
    head = {"metric": metric, "from": written(begin), "to": written(end), "devices": number}
    body = msgspec.json.encode({**head, "series": series})
    return Response(body, media_type="application/json")  # type: ignore[return-value]


@routes.get("/history/top", dependencies=[requires(Role.VIEWER)])
def top(
    parts: Has, by: By = By.SENT, family: Word = None, area: Area = None, maker: Word = None, since: Since = None,
    until: Until = None, areas: Meant = Areas.NOW, limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> Talkers:  # fmt: skip
    """The devices that sent most readings, or came and went most often."""
    begin, end = span(parts, since, until)
    count = talkers.sent_most if by is By.SENT else talkers.changed_most
    with parts.pool.connection() as connection:
        found = count(connection, begin, end, stays(connection, wanted(None, family, area, maker, areas)), limit)
    items: list[Talker] = [{"device": device, "count": many} for device, many in found]
    return {"by": by.value, "from": written(begin), "to": written(end), "items": items}


def _series(family: str, course: Course, found: Sequence[Stay]) -> Iterator[Mapping[str, object]]:
    names = {0: TOGETHER, **{stay.device_id: stay.address for stay in found}}
    each: dict[int, list[Bucket]] = {}
    for bucket in course.buckets:
        each.setdefault(bucket[0], []).append(bucket)
    for device, buckets in each.items():
        shape = {"kind": course.kind.value, "step_s": course.step_s, "resolution": course.resolution.value}
        yield {"device": names[device], "family": family, **shape, "points": _points(buckets, course)}


def _shape(course: Course | None, length: timedelta, points: int) -> Mapping[str, object]:
    if course is None:  # a family that this version does not know
        return {
            "kind": Kind.NUMBER.value,
            "step_s": step_s(length.total_seconds(), points),
            "resolution": "raw",
        }
    return {"kind": course.kind.value, "step_s": course.step_s, "resolution": course.resolution.value}


def _points(buckets: Sequence[Bucket], course: Course | None) -> list[dict[str, Any]]:
    told = [
        {"ts": written(ts), "min": low, "avg": mean, "max": high, "count": count}
        for _, ts, low, mean, high, count, _ in buckets
    ]
    if course is not None and course.kind is Kind.COUNTER:
        for point, bucket in zip(told, buckets, strict=True):
            point["increase"] = bucket[6]
    return told

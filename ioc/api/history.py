"""The course of one metric of one device, at the resolution that fits.

Buckets have round lengths and begin at round times of Viet Nam's clock. One without a reading is absent: nothing is
interpolated. Readings of a suspect clock are left out.
"""

from datetime import datetime, timedelta, timezone
from typing import Annotated, Final

from fastapi import Query
from typing_extensions import TypedDict

from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.database import tuples
from ioc.api.devices import Slug, unknown_device
from ioc.api.parts import Has
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import Asked, Time, moment, written

routes = router("/api/v1/devices", "devices")

DAY_S: Final = 86_400
STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12)),
    *(DAY_S * days for days in (1, 2, 7, 14, 28)),
)
_ORIGIN: Final = datetime(1970, 1, 5, tzinfo=timezone(timedelta(hours=7)))  # a Monday, midnight in Ha Noi


class Point(TypedDict):
    """What was measured in one bucket; `ts` is its beginning."""

    ts: Time
    min: float
    avg: float
    max: float
    count: int


History = TypedDict(  # `from` is no name in Python
    "History", {"device": str, "metric": str, "from": Time, "to": Time, "step_s": int, "points": list[Point]}
)
"""A series; `step_s` is the length of a bucket."""


def step_s(span_s: float, points: int) -> int:
    """The shortest round step with which the span has at most so many buckets (at least two are allowed)."""
    most = max(points, 2) - 1  # a span that begins within a bucket touches one more
    fitting = (step for step in STEPS_S if span_s <= step * most)
    return next(fitting, -(-int(span_s // most + 1) // DAY_S) * DAY_S)


@routes.get("/{site}/{family}/{device}/history", dependencies=[requires(Role.VIEWER)])
def history(
    site: Slug,
    family: Slug,
    device: Slug,
    parts: Has,
    metric: Annotated[str, Query(min_length=1, max_length=100)],
    since: Annotated[Asked | None, Query(alias="from", description="else a day before `to`")] = None,
    until: Annotated[Asked | None, Query(alias="to", description="else now")] = None,
    points: Annotated[int, Query(ge=1, le=2000)] = 300,
) -> History:
    """A metric's course; on and off count as 1 and 0."""
    end = until or moment(parts.now())
    begin = since or end - timedelta(days=1)
    if begin >= end:
        raise Problem(422, "`from` lies before `to`")
    address, step = f"{site}/{family}/{device}", step_s((end - begin).total_seconds(), points)
    span = {"metric": metric, "since": begin, "until": end, "step": timedelta(seconds=step), "origin": _ORIGIN}
    with parts.pool.connection() as connection:
        number = tuples(connection, "device_id", {"address": address})
        if not number:
            raise unknown_device(address)
        found = tuples(connection, "history", {"device": number[0][0], **span})
    return {
        "device": address,
        "metric": metric,
        "from": written(begin),
        "to": written(end),
        "step_s": step,
        "points": [_point(*bucket) for bucket in found],
    }


def _point(ts: datetime, low: float, mean: float, high: float, count: int) -> Point:
    return {"ts": written(ts), "min": low, "avg": mean, "max": high, "count": count}

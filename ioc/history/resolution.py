"""How finely a span is told: round steps, and the kept resolution that each is made of.

Pure. Days are days of a time zone; shorter steps begin at round times of Viet Nam's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

DAY_S: Final = 86_400
STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12)),
    *(DAY_S * days for days in (1, 2, 7, 14, 28)),
)
ORIGIN: Final = datetime(1970, 1, 5, tzinfo=timezone(timedelta(hours=7)))  # a Monday, midnight in Ha Noi
MONDAY: Final = datetime(1970, 1, 5)  # noqa: DTZ001 - the same on the wall of any zone


class Resolution(StrEnum):
    """What is kept: each reading, or its minute, hour or day."""

    RAW = "raw"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def seconds(self) -> int:
        """How long one of it is; a reading is a moment."""
        return {"raw": 0, "minute": 60, "hour": 3600, "day": DAY_S}[self.value]


@dataclass(frozen=True, slots=True)
class Reach:
    """Since when each resolution is kept, the zone whose days the daily one has, and until when they are computed."""

    zone: str
    raw: datetime | None = None
    minute: datetime | None = None
    hour: datetime | None = None
    day: datetime | None = None
    hours_until: datetime | None = None
    days_until: datetime | None = None

    def made(self, resolution: Resolution, until: datetime) -> bool:
        """Whether all buckets before a moment are computed and kept: then nobody need look at readings."""
        end = self.days_until if resolution is Resolution.DAY else self.hours_until
        return resolution is not Resolution.RAW and end is not None and until <= end

    def covers(self, resolution: Resolution, since: datetime) -> bool:
        """Whether nothing of it was let go after that moment."""
        kept: datetime | None = getattr(self, resolution.value)
        return kept is None or kept <= since


def step_s(span_s: float, points: int) -> int:
    """The shortest round step with which the span has at most so many buckets (at least two are allowed)."""
    most = max(points, 2) - 1  # a span that begins within a bucket touches one more
    fitting = (step for step in STEPS_S if span_s <= step * most)
    return next(fitting, -(-int(span_s // most + 1) // DAY_S) * DAY_S)


def fitting(step: int, since: datetime, reach: Reach) -> tuple[Resolution, int]:
    """The coarsest resolution making up the step, or the next coarser one still kept then; and the step it gives."""
    made_of = [kind for kind in Resolution if kind.seconds <= step]
    kind = made_of[-1]
    for coarser in list(Resolution)[len(made_of) - 1 :]:
        kind = coarser
        if reach.covers(coarser, since):
            break
    return kind, max(step, kind.seconds)


def floor(at: datetime, resolution: Resolution, zone: str) -> datetime:
    """The beginning of the kept bucket that a moment falls in; the moment itself where readings are asked."""
    if resolution is Resolution.RAW:
        return at
    if resolution is Resolution.DAY:
        return at.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    step = timedelta(seconds=resolution.seconds)
    return at - (at - ORIGIN) % step


def near_s(resolution: Resolution, intervals: Sequence[float]) -> float:
    """How far apart two neighbours may lie before there is a gap between them: three times their usual distance."""
    return 3 * max([resolution.seconds, *intervals], default=60.0)

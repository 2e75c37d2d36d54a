"""Silences and maintenance windows: what they cover and when they are in force.

Pure: it says whether a subject is covered at a time and when that next changes. It never touches an alert.
A window may come again daily or on some days of the week, by the clock of its own time zone.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ZONE: Final = "Asia/Ho_Chi_Minh"
DAY_MS: Final = 86_400_000
_BARE: Final[Mapping[str, tzinfo]] = {  # on a system without time zones; Viet Nam has known no summer time since 1975
    ZONE: timezone(timedelta(hours=7), ZONE),
    "UTC": UTC,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What is covered: whoever fits every field that is not empty. An area covers those below it."""

    areas: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def covers(self, *, rule: str, device: str, areas: Collection[str]) -> bool:
        """Whether an alert of this rule and subject is covered; `areas`: its area and all above it."""
        parts = device.split("/")
        family = parts[1] if len(parts) == 3 and ":" not in device else ""
        return (
            (not self.areas or any(area in areas for area in self.areas))
            and (not self.families or family in self.families)
            and (not self.devices or device in self.devices)
            and (not self.rules or rule in self.rules)
        )

    @property
    def empty(self) -> bool:
        """Whether it would cover everything: refused, for nobody means that."""
        return not (self.areas or self.families or self.devices or self.rules)


@dataclass(frozen=True, slots=True)
class Silence:
    """Someone asks for quiet between two times (epoch ms)."""

    id: str
    scope: Scope
    starts_at: int
    ends_at: int
    author: str
    reason: str

    def occurrence(self, at: int) -> tuple[int, int] | None:
        """From when to when it is in force, if it is at this time."""
        return (self.starts_at, self.ends_at) if self.starts_at <= at < self.ends_at else None

    def next_start(self, at: int) -> int | None:
        """When it next begins after this time."""
        return self.starts_at if self.starts_at > at else None


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work: `length_ms` from `starts_at`, and again `daily` or on `days` of the week (0 is Monday).

    `last_at` is the last time an occurrence may begin; None is for ever.
    """

    id: str
    scope: Scope
    starts_at: int
    length_ms: int
    author: str
    reason: str
    days: tuple[int, ...] = ()  # empty: once
    zone: str = ZONE
    last_at: int | None = None

    def occurrence(self, at: int) -> tuple[int, int] | None:
        """From when to when the work goes on, if it does at this time."""
        for start in self._starts(at - self.length_ms - 2 * DAY_MS, at):
            if start <= at < start + self.length_ms:
                return start, start + self.length_ms
        return None

    def next_start(self, at: int) -> int | None:
        """When it next begins after this time."""
        return next((start for start in self._starts(at, at + 9 * DAY_MS) if start > at), None)

    def _starts(self, low: int, high: int) -> Iterator[int]:
        """Every beginning that may lie between the two times."""
        if not self.days:
            yield self.starts_at
            return
        zone = _zone(self.zone)
        first = datetime.fromtimestamp(self.starts_at / 1000, zone)
        day = max(datetime.fromtimestamp(low / 1000, zone), first).date() - timedelta(days=1)
        while (start := _at(day, first.timetz().replace(tzinfo=None), zone)) <= high:
            late = self.last_at is not None and start > self.last_at
            if start >= self.starts_at and not late and day.weekday() in self.days:
                yield start
            day += timedelta(days=1)


Quiet = Silence | Maintenance


def _at(day: date, clock: time, zone: tzinfo) -> int:
    return round(datetime.combine(day, clock, zone).astimezone(UTC).timestamp() * 1000)


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        if name in _BARE:
            return _BARE[name]
        raise

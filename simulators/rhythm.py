"""The days of a rural commune: how light it is, how many people are about, what hour the clocks show.

Decides curves over the day, the week and the year; never draws a random number.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from math import exp, pi, sin

_HANOI_S = 7 * 3600  # Viet Nam keeps UTC+7 all year
_DAY_S = 86_400
# The first day of the lunar year, by the calendar of Viet Nam; the feast lasts from the eve for six days.
_TET = ("2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-02")
_TET_DAYS = frozenset(
    int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) // _DAY_S + after
    for day in _TET
    for after in range(-1, 5)
)
_HOLIDAYS = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})  # (month, day)


def hour(now: float) -> float:
    """The local hour of the day, 0 to 24."""
    return (now + _HANOI_S) / 3600 % 24


def day_number(now: float) -> int:
    """Local days since 1 January 1970."""
    return int((now + _HANOI_S) // _DAY_S)


def weekday(now: float) -> int:
    """The local day of the week, Monday is 0 (the epoch was a Thursday)."""
    return (day_number(now) + 3) % 7


def month_of(now: float) -> int:
    """The local month, 1 to 12."""
    return datetime.fromtimestamp(now + _HANOI_S, UTC).month


def is_tet(now: float) -> bool:
    """The lunar New Year, from its eve for six days; known for 2025 to 2030."""
    return day_number(now) in _TET_DAYS


def is_workday(now: float) -> bool:
    """Monday to Friday but for feasts and public holidays."""
    local = datetime.fromtimestamp(now + _HANOI_S, UTC)
    return weekday(now) < 5 and not is_tet(now) and (local.month, local.day) not in _HOLIDAYS


def daylight(now: float) -> float:
    """0 at night, 1 at noon; the sun is up from about 5:30 to 18:00."""
    return max(0.0, sin(pi * (hour(now) - 5.5) / 12.5))


def bustle(now: float, market: Collection[int] = ()) -> float:
    """0.05 in the small hours, near 1 when markets open, schools end and people come home from the fields.

    On a day of `market` (weekdays, Monday is 0) the morning is twice as lively, and at Tết the evening goes on longer.
    """
    at = hour(now)
    morning = 0.8 * (2.2 if weekday(now) in market else 1.0)
    evening, late = (1.2, 1.4) if is_tet(now) else (0.9, 0.3)
    about = 0.05 + morning * _bump(at, 7) + 0.5 * _bump(at, 11) + evening * _bump(at, 17.5) + late * _bump(at, 20.5)
    return min(2.0, about)


def office(now: float) -> float:
    """1 in office hours of a working day, 0.03 otherwise: officials do meet in the evening when there is a flood."""
    at = hour(now)
    return 1.0 if is_workday(now) and (7.5 <= at < 11.5 or 13.5 <= at < 17) else 0.03


def _bump(at: float, centre: float) -> float:
    """A bell about an hour and a half wide."""
    return exp(-(((at - centre) / 1.5) ** 2))

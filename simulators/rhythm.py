"""The day of a rural commune: how light it is, how many people are about, what hour the clocks show.

Decides curves over the day; never draws a random number.
"""

from math import exp, pi, sin

_HANOI_S = 7 * 3600  # Viet Nam keeps UTC+7 all year


def hour(now: float) -> float:
    """The local hour of the day, 0 to 24."""
    return (now + _HANOI_S) / 3600 % 24


def is_workday(now: float) -> bool:
    """Monday to Friday, by the local calendar (the epoch was a Thursday)."""
    return int((now + _HANOI_S) // 86400 + 3) % 7 < 5


def daylight(now: float) -> float:
    """0 at night, 1 at noon; the sun is up from about 5:30 to 18:00."""
    return max(0.0, sin(pi * (hour(now) - 5.5) / 12.5))


def bustle(now: float) -> float:
    """0.05 in the small hours, near 1 when markets open, schools end and people come home from the fields."""
    at = hour(now)
    return min(1.0, 0.05 + 0.8 * _bump(at, 7) + 0.5 * _bump(at, 11) + 0.9 * _bump(at, 17.5) + 0.3 * _bump(at, 20))


def office(now: float) -> float:
    """1 in office hours of a working day, 0.03 otherwise: officials do meet in the evening when there is a flood."""
    at = hour(now)
    return 1.0 if is_workday(now) and (7.5 <= at < 11.5 or 13.5 <= at < 17) else 0.03


def _bump(at: float, centre: float) -> float:
    """A bell about an hour and a half wide."""
    return exp(-(((at - centre) / 1.5) ** 2))

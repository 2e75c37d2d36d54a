"""The weather over a district: how warm it is, how hard it rains, how much sky is covered.

Decides a plausible Vietnamese climate from latitude and season, and each day's luck from the seed; the same moment has
the same weather however often it is asked. The figures are of the country's three climates (north of 18°, south of 12°,
and between), rounded; no forecast is meant.
"""

from functools import lru_cache
from math import cos, exp, pi
from typing import NamedTuple

from simulators.chance import chance
from simulators.rhythm import day_number, hour, month_of

_NORTH, _SOUTH = 18.0, 12.0
_RAINS = {"north": range(5, 10), "central": (9, 10, 11, 12), "south": range(5, 12)}  # months


class Sky(NamedTuple):
    """Air temperature in °C, rain in mm an hour, cloud from 0 to 1."""

    temperature_c: float
    rain_mm_h: float
    cloud: float


class _Day(NamedTuple):
    """The luck of one day: warmer or colder than its season, how covered, and its showers as (hour, width, mm/h)."""

    offset_c: float
    cloud: float
    showers: tuple[tuple[float, float, float], ...]


def sky(seed: int, lat: float, now: float) -> Sky:
    """The weather at a moment (epoch seconds) at a latitude."""
    region = "north" if lat > _NORTH else "south" if lat < _SOUTH else "central"
    at, number, month = hour(now), day_number(now), month_of(now)
    day = _day(seed, region, number, month in _RAINS[region])
    swing = 0.9 * max(0.0, lat - 8)  # between winter and summer: hardly any in the delta
    warmth = 29.5 - 0.25 * (lat - 8) - swing / 2 * cos(2 * pi * (month - 0.5) / 12)
    rain = sum(peak * exp(-(((at - middle) / width) ** 2)) for middle, width, peak in day.showers)
    wave = 4.5 * (1 - 0.6 * day.cloud) * cos(2 * pi * (at - 14) / 24)  # warmest at two in the afternoon
    rain = round(rain, 1)
    temperature = warmth + day.offset_c + wave - min(4.0, rain / 5)
    return Sky(round(temperature, 1), rain, min(1.0, day.cloud + rain / 20))


@lru_cache(maxsize=4096)
def _day(seed: int, region: str, number: int, rainy_season: bool) -> _Day:
    rng = chance(seed, "sky", region, number)
    wet = rng.random() < (0.65 if rainy_season else 0.12)
    showers = tuple(
        (rng.triangular(0, 24, 16), rng.uniform(0.4, 2.5), rng.expovariate(1 / 9)) for _ in range(rng.randint(1, 3))
    )
    return _Day(rng.gauss(0, 1.6), rng.uniform(0.4, 1) if wet else rng.uniform(0, 0.5), showers if wet else ())

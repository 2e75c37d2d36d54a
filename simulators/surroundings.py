"""What is around a device: the light, the heat, the rain, the people, and what a scenario makes of them.

Decides the circumstances at a place and a moment, a minute at a time; never what a device makes of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from simulators.rhythm import bustle, daylight, hour, office
from simulators.weather import sky

_MINUTE_S = 60


class Around(NamedTuple):
    """The circumstances of one minute."""

    hour: float
    """By the clocks there, 0 to 24."""
    people: float
    """How many are about: 1 is a lively morning, 2 a market, more a festival."""
    office: float
    """1 in office hours, 0.03 otherwise."""
    light: float
    """Daylight through the clouds, 0 to 1."""
    temperature_c: float
    rain_mm_h: float
    meeting: bool
    """A district-wide videoconference is on."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Something that a scenario says of the surroundings, from `begins` to `ends` (epoch seconds); no area: everywhere.

    `amount` is a factor on the people about, mm of rain an hour, or °C on top; a meeting needs none.
    """

    what: Literal["crowd", "rain", "heat", "meeting"]
    begins: float
    ends: float
    area: str | None = None
    amount: float = 1.0

    def holds(self, area: str, now: float) -> bool:
        """Whether it touches that area at that moment."""
        return self.begins <= now < self.ends and self.area in {None, area}


class Place:
    """One area's surroundings. `shift` is how far the clocks there are ahead of the world's time, in seconds."""

    def __init__(
        self,
        area: str,
        lat: float,
        market: frozenset[int] = frozenset(),
        *,
        seed: int = 0,
        shift: float = 0.0,
        circumstances: Iterable[Circumstance] = (),
    ) -> None:
        self._area, self._lat, self._market, self._seed, self._shift = area, lat, market, seed, shift
        self._circumstances = [each for each in circumstances if each.area in {None, area}]
        self._minute, self._around = -1, Around(0, 0, 0, 0, 0, 0, meeting=False)

    def __call__(self, now: float) -> Around:
        """The circumstances of the minute that `now` is in."""
        minute = int(now // _MINUTE_S)
        if minute != self._minute:
            self._minute, self._around = minute, self._look(minute * _MINUTE_S)
        return self._around

    def _look(self, now: float) -> Around:
        life = now + self._shift
        here = [each for each in self._circumstances if each.holds(self._area, now)]
        air = sky(self._seed, self._lat, life)
        rain = max([air.rain_mm_h, *(each.amount for each in here if each.what == "rain")])
        warmth = air.temperature_c + sum(each.amount for each in here if each.what == "heat")
        people = bustle(life, self._market) * (1 - min(0.6, rain / 40))
        for each in here:
            if each.what == "crowd":
                people *= each.amount
        return Around(
            hour=hour(life),
            people=people,
            office=office(life),
            light=daylight(life) * (1 - 0.7 * max(air.cloud, min(1.0, rain / 20))),
            temperature_c=warmth,
            rain_mm_h=rain,
            meeting=any(each.what == "meeting" for each in here),
        )

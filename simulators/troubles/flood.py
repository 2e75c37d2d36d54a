"""A flood that rises from commune to commune: in each the mains are switched off before the water is there."""

from collections.abc import Iterable
from math import hypot

from simulators.outages import without_power
from simulators.trouble import Case, Trouble
from simulators.truth import Expect, Fault, Where


def _unfold(case: Case) -> Iterable[Fault]:
    """From the area named, or one by chance, to the next nearest, every `step_s`; all are back at the end."""
    places = {each.area: (each.lat, each.lon) for each in reversed(case.identities)}
    here = case.choose("area", places, case.written.area)
    begins = case.begins
    while places and begins < case.ends:
        at = places.pop(here)
        devices = [each for each in case.identities if each.area == here]
        strikes = tuple(without_power(devices, begins, case.ends, case.rng))
        expect = Expect("area", here, ("area-out",), "critical")
        yield Fault("flood", begins, case.ends, Where((here,)), expect, strikes)
        begins += case.written.step_s
        here = min(places, key=lambda area: hypot(places[area][0] - at[0], places[area][1] - at[1]), default=here)


TROUBLE = Trouble("flood", frozenset({"area", "step_s"}), _unfold)

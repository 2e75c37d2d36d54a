"""A past in bulk, without the wire: what a site would have said between two moments, as fast as it can be thought of.

Decides nothing of its own: it is the world's course from site and seed, so what it gives is byte for byte what the
devices would have published. Births and statuses are in it, for they are part of what was said.
"""

from collections.abc import Iterator

from simulators.device import find_kinds
from simulators.population import populate
from simulators.scenario import Scenario, load_scenario
from simulators.site import load_site
from simulators.truth import Fault
from simulators.wire import Message
from simulators.world import World

Said = tuple[str, bytes, int]
"""A topic, a payload, and when it was published, in epoch milliseconds."""


def history(
    site: str, seed: int, start: float, end: float, *, scenario: str = "calm", devices: int | None = None
) -> Iterator[Said]:
    """Everything said by the devices of a site from `start` to `end` (epoch seconds), in order of time.

    `site` and `scenario` are names of shipped ones or paths; `devices` scales. UnusableError where they are wrong.
    """
    for said in course(site, seed, start, end, load_scenario(scenario), devices):
        if isinstance(said, tuple):
            yield said


def course(
    site: str, seed: int, start: float, end: float, scenario: Scenario, devices: int | None = None
) -> Iterator[Said | Fault]:
    """The same with the faults among it, each when it begins: the truth beside the history."""
    kinds = find_kinds()
    world = World(populate(load_site(site, kinds), kinds, devices), scenario, seed=seed, start=start)
    for action in world.step(end):
        if isinstance(action, Message):
            yield action.topic, action.payload, round(world.now * 1000)
        elif isinstance(action, Fault):
            yield action

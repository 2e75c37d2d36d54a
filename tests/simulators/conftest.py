"""What the simulators' tests share: the shipped site, its identities, and a way to let a world live without waiting."""

import json
from collections.abc import Iterable, Sequence

import pytest

from simulators.device import Kind, find_kinds
from simulators.faults import Scenario
from simulators.machine import Machine
from simulators.population import Identity, populate
from simulators.site import load_site
from simulators.wire import Action, Message
from simulators.world import World

NOON = 1_795_323_600.0  # 2026-11-22T05:00:00Z: noon in Viet Nam


@pytest.fixture(scope="session")
def kinds() -> dict[str, Kind]:
    return find_kinds()


@pytest.fixture(scope="session")
def identities(kinds) -> list[Identity]:
    return populate(load_site("nong-son", kinds), kinds)


class Told:
    """Everything a world or a machine has said so far."""

    def __init__(self, said: Iterable[object]) -> None:
        self.actions = list(said)
        self.messages: list[Message] = [each for each in self.actions if isinstance(each, Message)]

    def on(self, channel: str, address: str | None = None) -> list[dict]:
        return [
            json.loads(each.payload)
            for each in self.messages
            if each.channel == channel and address in {None, each.address}
        ]


@pytest.fixture
def live():
    """`live(world or machine, until)` gives what was told up to then."""

    def live(subject: World | Machine, until: float) -> Told:
        return Told(subject.step(until))

    return live


@pytest.fixture
def told():
    def told(actions: Sequence[Action]) -> Told:
        return Told(actions)

    return told


@pytest.fixture
def machine(identities):
    """`machine(family, order_failures=0)` gives a device of that kind that has just booted at NOON."""

    def machine(family: str, **options) -> Machine:
        identity = next(each for each in identities if each.kind.family == family)
        interval = identity.kind.interval_s
        made = Machine(identity, seed=1, boot=NOON, first=NOON + 5, interval=interval, **options)
        made.step(NOON)
        return made

    return machine


@pytest.fixture
def world(identities):
    def world(scenario: Scenario | None = None, *, seed: int = 1, start: float = NOON, **options) -> World:
        return World(identities, scenario or Scenario(), seed=seed, start=start, **options)

    return world


@pytest.fixture(scope="session")
def noon() -> float:
    return NOON

"""What the simulators' tests share: the shipped site, its identities, and a way to let a world live without waiting."""

import json
from collections.abc import Iterable, Sequence
from functools import cache

import pytest

from simulators.device import Kind, find_kinds
from simulators.machine import Machine
from simulators.population import Identity, populate
from simulators.scenario import Scenario
from simulators.site import load_site
from simulators.surroundings import Place
from simulators.tables import SHIPPED
from simulators.wire import Action, Message
from simulators.world import World

NOON = 1_795_323_600.0  # 2026-11-22T05:00:00Z: noon in Viet Nam


@pytest.fixture(scope="session")
def kinds() -> dict[str, Kind]:
    return find_kinds()


@pytest.fixture(scope="session")
def identities(population) -> list[Identity]:
    return population("nong-son")


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


@pytest.fixture(scope="session")
def population(kinds):
    """`population(site)` gives the devices of a shipped site."""

    @cache
    def population(site: str) -> list[Identity]:
        return populate(load_site(site, kinds), kinds)

    return population


@pytest.fixture(scope="session")
def everybody(population) -> list[Identity]:
    """The devices of all shipped sites."""
    return [each for path in sorted((SHIPPED / "sites").glob("*.toml")) for each in population(path.stem)]


@pytest.fixture
def machine(everybody):
    """`machine(family, speaks=None, order_failures=0)` gives such a device that has just booted at NOON."""

    def machine(family: str, speaks: str | None = None, **options) -> Machine:
        found = (each for each in everybody if (each.kind.family, each.speaks) == (family, speaks))
        identity = next(each for each in found if each.model.quirk is None)
        around = Place(identity.area, identity.lat, seed=1)
        interval = identity.kind.interval_s
        made = Machine(identity, seed=1, boot=NOON, first=NOON + 5, interval=interval, around=around, **options)
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

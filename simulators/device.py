"""The contract of a simulated device: what one kind (one file in `devices/`) has to say about itself.

A kind is plain data and small pure functions: what it measures, how a sample comes about, which orders it obeys and
what can go wrong with it. It never keeps time, speaks MQTT or knows another kind. `machine.py` gives it a life.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from random import Random
from typing import Literal, NamedTuple

from simulators.chance import chance
from simulators.surroundings import Around

Value = float | int | bool | None
Sample = dict[str, Value]
Memory = dict[str, float]
Arguments = Mapping[str, object]
Spec = Mapping[str, object]

BOOLEAN: Spec = {"type": "boolean"}
COUNTER: Spec = {"type": "counter"}


def number(low: float, high: float) -> Spec:
    """A metric between two bounds, both included."""
    return {"type": "number", "min": low, "max": high}


Quirk = Literal["epoch_ms", "local_offset", "changes_only"]


class Model(NamedTuple):
    """What stands on the label of the equipment, and how its firmware departs from the others.

    `epoch_ms` stamps with integers; `local_offset` with +07:00; `changes_only` tells what changed, now and then all.
    """

    maker: str
    model: str
    fw: str
    quirk: Quirk | None = None


@dataclass(slots=True)
class Scene:
    """What a kind may look at when it takes a sample: time and place, its chance, and its memory since it booted."""

    address: str
    now: float
    """Epoch seconds."""
    elapsed: float
    """Seconds since the last sample."""
    rng: Random
    around: Around
    memory: Memory = field(default_factory=dict)

    @property
    def wear(self) -> float:
        """How worn this one device is: 0 as new, 1 at the end of its life."""
        return peculiarity(self.address, "wear")

    def trait(self, name: str, low: float, high: float) -> float:
        """A peculiarity of this one device that outlives reboots, seeds and years, between `low` and `high`."""
        return low + (high - low) * peculiarity(self.address, name)

    def wobble(self, centre: float, spread: float, low: float, high: float) -> float:
        """A measured value around a centre, kept within bounds, to one decimal.

        Three dice instead of Gauss's bell, with the same standard deviation `spread`: it is asked a million times.
        """
        roll = self.rng.random
        value = centre + 2 * spread * (roll() + roll() + roll() - 1.5)
        if value < low:
            value = low
        elif value > high:
            value = high
        return round(value, 1)

    def count(self, name: str, growth: float) -> int:
        """A counter after growing by `growth` since the last sample; it starts at 0 when the device boots."""
        self.memory[name] = self.memory.get(name, 0.0) + growth
        return int(self.memory[name])


Effect = Literal["bend", "hush", "dark", "apart", "loop", "shout", "drift"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ill:
    """One thing that can go wrong, and what a good watcher should make of it.

    `bend` goes on speaking and its samples tell of the trouble; `hush` stays connected but says nothing more; `dark`
    loses its power and returns as a new session; `apart` lives on without a way to the broker and tells later what it
    kept; `loop` boots, speaks and dies again; `shout` speaks a hundred times as often; the clock of `drift` runs away.
    """

    name: str
    effect: Effect = "bend"
    bend: Callable[[Sample, float], Sample] = lambda sample, age: {}  # noqa: ARG005 - the signature is the contract
    """The metrics that change, given the healthy sample and how many seconds the trouble has lasted."""
    metric: str | None = None
    event: str | None = None
    severity: str = "minor"
    rules: tuple[str, ...] = ()
    """The centre's usual rules that should notice it, any one of them; none where no usual rule does."""
    lasts: tuple[float, float] = (240.0, 600.0)
    blocks: frozenset[str] = frozenset()
    """The orders that fail while it lasts."""
    firmware: str | None = None
    """The version the device tells of while it lasts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """How a kind carries out one command. Times are seconds."""

    lasts: Callable[[Arguments, Random], float] = lambda _arguments, rng: rng.uniform(0.2, 0.8)
    begin: Callable[[Memory, Arguments], Sample] = lambda _memory, _arguments: {}
    """What changes when it starts; the metrics it returns are published at once."""
    finish: Callable[[Memory, Arguments], Sample] = lambda _memory, _arguments: {}
    """What changes when it ends, however it ends."""
    takes_turns: bool = False
    """One such order at a time; an emergency takes the turn of a lesser one."""
    halts: bool = False
    """Ends the order whose turn it is."""
    reboots: bool = False
    rebirth: bool = False


REBIRTH = Order(rebirth=True)
REBOOT = Order(takes_turns=True, reboots=True)

_ABSENT = ("{family}-absent",)
POWER_OFF = Ill(name="power_off", effect="dark", severity="major", rules=_ABSENT)
HUNG = Ill(name="hung", effect="hush", severity="major", rules=_ABSENT)
APART = Ill(name="cut_off", effect="apart", severity="major", rules=_ABSENT)
REBOOT_LOOP = Ill(name="reboot_loop", effect="loop", rules=("device-restarts",))
SHOUTING = Ill(name="shouting", effect="shout", rules=("device-shouting",))
CLOCK_DRIFT = Ill(
    name="clock_drift", effect="drift", severity="warning", rules=("device-clock-ahead",), lasts=(900.0, 1800.0)
)
ANY = (POWER_OFF, HUNG, REBOOT_LOOP, SHOUTING, CLOCK_DRIFT)  # what can befall whatever has a plug and a processor


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of device; `devices/<kind>.py` exports it as `KIND`."""

    family: str
    prefix: str
    """Begins the ids: `cam` gives `cam-que-trung-01`."""
    interval_s: int
    models: tuple[Model, ...]
    metrics: Mapping[str, Spec]
    title: Callable[[str, Sequence[str], int], str]
    """The name people know it by, given its area's name, the villages there and its number there from 0."""
    sample: Callable[[Scene], Sample]
    orders: Mapping[str, Order]
    ills: tuple[Ill, ...]
    range_m: float | None = None
    """How far it sees or is heard; None where that means nothing."""
    angle_deg: float | None = None
    """How widely; None is all round."""
    solitary: bool = False
    """One to an area as a rule: the first needs no number in its id."""
    edges: Mapping[str, str] = field(default_factory=dict)
    """Boolean metrics whose rise and fall are told as an event of this type."""


def find_kinds() -> dict[str, Kind]:
    """Every kind in `devices/` by its family: a new file there is all a new kind needs."""
    package = import_module("simulators.devices")
    modules = (import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__))
    return {module.KIND.family: module.KIND for module in sorted(modules, key=lambda each: each.__name__)}


@lru_cache(maxsize=65536)
def peculiarity(address: str, name: str) -> float:
    """What is particular to one device, 0 to 1: it outlives reboots, seeds and years."""
    return chance(address, name).random()

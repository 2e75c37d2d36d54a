"""A whole site as one value of time: its devices, its faults, and everything they put on the wire.

Decides what happens up to any moment, in order, from site, seed and start alone; never reads a clock or opens a socket.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf

from simulators.faults import Scenario, foresee
from simulators.machine import Machine
from simulators.population import Identity
from simulators.truth import Fault
from simulators.wire import Action, Message

_BOOTS_A_SECOND = 500  # a whole district does not switch on in one instant
_BOOT_SPREAD_S = 2.0
_FIRST_SAMPLES_S = 6.0  # a wall is alive within seconds of the start, whatever the interval


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes: `rate` telemetry messages a second over all devices instead of each kind's own interval."""

    rate: float | None = None
    speed: float = 1.0


class World:
    """The devices of a site and their faults. `due` is when `step` has something to do next, in epoch seconds."""

    def __init__(
        self,
        identities: Sequence[Identity],
        scenario: Scenario,
        *,
        seed: int,
        start: float,
        pace: Pace | None = None,
    ) -> None:
        self._machines = dict(_enliven(identities, scenario, seed, start, pace or Pace()))
        self._faults: Iterator[Fault] = foresee(scenario, identities, seed, start)
        self._next_fault = next(self._faults, None)
        self._recoveries: list[tuple[float, int, Fault]] = []
        self._agenda: list[tuple[float, int, str]] = []
        self._order = count()
        self._darkened: Counter[str] = Counter()
        for address in self._machines:
            self._plan(address)

    @property
    def due(self) -> float:
        """The next moment at which something happens; infinity when nothing ever will."""
        begins = self._next_fault.begins if self._next_fault else inf
        ends = self._recoveries[0][0] if self._recoveries else inf
        return min(self._agenda[0][0] if self._agenda else inf, begins, ends)

    def step(self, now: float) -> Iterator[Action | Fault]:
        """Everything due up to `now` in order of time; a fault comes out as itself when it begins."""
        while (due := self.due) <= now:
            if self._next_fault and self._next_fault.begins == due:
                fault, self._next_fault = self._next_fault, next(self._faults, None)
                yield fault
                yield from self._strike(fault)
            elif self._recoveries and self._recoveries[0][0] == due:
                yield from self._relieve(heappop(self._recoveries)[2])
            else:
                yield from self._advance(heappop(self._agenda))

    def obey(self, address: str, payload: bytes, now: float) -> Iterable[Action]:
        """The answers of a device to what came on its command topic."""
        machine = self._machines.get(address)
        answers = machine.obey(payload, now) if machine else []
        self._plan(address)
        return answers

    def announce(self, address: str, now: float) -> Iterable[Message]:
        """Birth and status again: its connection was lost and is back."""
        return self._machines[address].announce(now)

    def leave(self, now: float) -> Iterator[Action]:
        """Every device says goodbye."""
        for machine in self._machines.values():
            yield from machine.leave(now)

    @property
    def addresses(self) -> Iterable[str]:
        """Every device, `site/family/device`."""
        return self._machines

    def last_seq(self) -> Mapping[str, int]:
        """The last sequence number of each device in its present session."""
        return {address: machine.voice.seq for address, machine in self._machines.items()}

    def sessions(self) -> Mapping[str, str]:
        """The present session of each device."""
        return {address: machine.voice.session for address, machine in self._machines.items()}

    def _advance(self, entry: tuple[float, int, str]) -> Iterator[Action]:
        """Let one device do what is due; an entry that it has outlived is dropped."""
        at, _, address = entry
        machine = self._machines[address]
        if machine.due == at:
            yield from machine.step(at)
            self._plan(address)

    def _plan(self, address: str) -> None:
        """Put a device on the agenda; what stood there for another moment is ignored when its time comes."""
        machine = self._machines.get(address)
        if machine and machine.due < inf:
            heappush(self._agenda, (machine.due, next(self._order), address))

    def _strike(self, fault: Fault) -> Iterator[Action]:
        heappush(self._recoveries, (fault.ends, next(self._order), fault))
        yield from self._machines[fault.device.address].suffer(fault.ill, fault.begins)
        self._plan(fault.device.address)
        for address in fault.behind:
            self._darkened[address] += 1
            yield from self._machines[address].unplug()

    def _relieve(self, fault: Fault) -> Iterator[Action]:
        yield from self._machines[fault.device.address].recover(fault.ill, fault.ends)
        self._plan(fault.device.address)
        for address in fault.behind:
            self._darkened[address] -= 1
            if not self._darkened[address]:
                yield from self._machines[address].replug(fault.ends)


def _enliven(
    identities: Sequence[Identity], scenario: Scenario, seed: int, start: float, pace: Pace
) -> Iterator[tuple[str, Machine]]:
    """Boot the devices one shortly after the other; the first samples follow at once, evenly spread."""
    spread = min(_BOOT_SPREAD_S, len(identities) / _BOOTS_A_SECOND) * pace.speed
    paced = len(identities) / pace.rate * pace.speed if pace.rate else None
    for at, identity in enumerate(identities):
        share = at / len(identities)
        interval = paced or identity.kind.interval_s
        machine = Machine(
            identity,
            seed=seed,
            boot=start + spread * share,
            first=start + spread + share * min(interval, _FIRST_SAMPLES_S * pace.speed if not paced else interval),
            interval=interval,
            order_failures=scenario.order_failures,
        )
        yield identity.address, machine

"""A whole site as one value of time: its devices, its faults, and everything they put on the wire.

Decides what happens up to any moment, in order, from site, seed and start alone; never reads a clock or opens a socket.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from math import inf

from simulators.faults import foresee
from simulators.machine import Machine
from simulators.population import Identity
from simulators.scenario import Scenario
from simulators.surroundings import Place
from simulators.truth import Fault, Strike
from simulators.voice import Voice
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
        self.now = start
        """The moment of what `step` gave last."""
        self._machines = dict(_enliven(identities, scenario, seed, start, pace or Pace()))
        self._faults: Iterator[Fault] = foresee(scenario, identities, seed, start)
        self._next_fault = next(self._faults, None)
        self._turns: list[tuple[float, int, bool, Strike]] = []  # the beginnings and ends of strikes to come
        self._agenda: list[tuple[float, int, Machine]] = []
        self._order = count()
        for machine in self._machines.values():
            self._plan(machine)

    @property
    def due(self) -> float:
        """The next moment at which something happens; infinity when nothing ever will."""
        due = self._agenda[0][0] if self._agenda else inf
        if self._next_fault and self._next_fault.begins < due:
            due = self._next_fault.begins
        return min(due, self._turns[0][0]) if self._turns else due

    def step(self, now: float) -> Iterator[Action | Fault]:
        """Everything due up to `now` in order of time; a fault comes out as itself when it begins."""
        while (due := self.due) <= now:
            self.now = due
            if self._next_fault and self._next_fault.begins == due:
                fault, self._next_fault = self._next_fault, next(self._faults, None)
                for strike in fault.strikes:
                    heappush(self._turns, (strike.begins, next(self._order), True, strike))
                    heappush(self._turns, (strike.ends, next(self._order), False, strike))
                yield fault
            elif self._turns and self._turns[0][0] == due:
                _, _, begins, strike = heappop(self._turns)
                yield from self._turn(due, strike, begins=begins)
            else:
                yield from self._advance(heappop(self._agenda))

    def obey(self, address: str, payload: bytes, now: float) -> Iterable[Action]:
        """The answers of a device to what came on its command topic."""
        machine = self._machines.get(address)
        if machine is None:
            return []
        answers = machine.obey(payload, now)
        self._plan(machine)
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
        """The last sequence number of each native device in its present session."""
        return {address: voice.seq for address, voice in self._native()}

    def sessions(self) -> Mapping[str, str]:
        """The present session of each native device."""
        return {address: voice.session for address, voice in self._native()}

    def _native(self) -> Iterator[tuple[str, Voice]]:
        voices = ((address, machine.voice) for address, machine in self._machines.items())
        return ((address, voice) for address, voice in voices if voice.obeys)

    def _advance(self, entry: tuple[float, int, Machine]) -> Iterator[Action]:
        """Let one device do what is due; an entry that it has outlived is dropped."""
        at, _, machine = entry
        if machine.due == at:
            yield from machine.step(at)
            self._plan(machine)

    def _plan(self, machine: Machine) -> None:
        """Put a device on the agenda; what stood there for another moment is ignored when its time comes."""
        due = machine.due
        if due < inf:
            heappush(self._agenda, (due, next(self._order), machine))

    def _turn(self, at: float, strike: Strike, *, begins: bool) -> Iterator[Action]:
        """A strike begins, or ends."""
        machine = self._machines[strike.device.address]
        yield from machine.suffer(strike.ill, at) if begins else machine.recover(strike.ill, at)
        self._plan(machine)


def _enliven(
    identities: Sequence[Identity], scenario: Scenario, seed: int, start: float, pace: Pace
) -> Iterator[tuple[str, Machine]]:
    """Boot the devices one shortly after the other; the first samples follow at once, evenly spread."""
    spread = min(_BOOT_SPREAD_S, len(identities) / _BOOTS_A_SECOND) * pace.speed
    paced = len(identities) / pace.rate * pace.speed if pace.rate else None
    places = _places(identities, scenario, seed, start)
    for at, identity in enumerate(identities):
        share = at / len(identities)
        interval = paced or identity.kind.interval_s
        machine = Machine(
            identity,
            seed=seed,
            boot=start + spread * share,
            first=start + spread + share * min(interval, _FIRST_SAMPLES_S * pace.speed if not paced else interval),
            interval=interval,
            around=places[identity.area],
            order_failures=scenario.order_failures,
        )
        yield identity.address, machine


def _places(identities: Sequence[Identity], scenario: Scenario, seed: int, start: float) -> Mapping[str, Place]:
    """The surroundings of each area, told by one of its devices' place and market days."""
    circumstances = [
        replace(each, begins=start + each.begins, ends=start + each.ends) for each in scenario.circumstances
    ]
    shift = 0.0 if scenario.life is None else scenario.life - start
    return {
        each.area: Place(
            each.area, round(each.lat, 1), each.market, seed=seed, shift=shift, circumstances=circumstances
        )
        for each in reversed(identities)
    }

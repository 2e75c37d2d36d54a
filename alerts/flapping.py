"""Decides whether a condition changes too often to be told: flapping (after Icinga 2) and chattering (ISA-18.2).

Pure. Flapping: of the last twenty evaluations each change weighs 0.8 (the oldest) to 1.18 (the newest); above
30 % of twenty it flaps, below 25 % it is steady again. An evaluation is one per interval of the device: where
only changes are told, the intervals between them count as evaluations without one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

SLOTS: Final = 20
HIGH: Final = 30.0  # per cent: flapping above
LOW: Final = 25.0  # per cent: steady below
FEWEST: Final = 6  # changes that flap: five weigh 28.5 % at most
CHATTERS: Final = 3  # times in a minute
CHATTER_MS: Final = 60_000
_MASK: Final = (1 << SLOTS) - 1


@dataclass(frozen=True, slots=True)
class Flaps:
    """The last twenty evaluations as bits (the lowest is the newest; 1 is a change), and what it now is."""

    bad: bool
    at: int
    bits: int = 0
    flapping: bool = False

    @property
    def value(self) -> float:
        """How much it flaps, in per cent."""
        return sum(1.18 - 0.02 * age for age in range(SLOTS) if self.bits >> age & 1) * 100 / SLOTS

    def seen(self, at: int, interval_ms: int, *, bad: bool) -> "Flaps":
        """One more evaluation, and the silent ones that lie between."""
        passed = self.until(at - interval_ms, interval_ms) if at - self.at >= 2 * interval_ms else self
        return _judged(bad, at, (passed.bits << 1 | (bad is not self.bad)) & _MASK, flapping=passed.flapping)

    def until(self, at: int, interval_ms: int) -> "Flaps":
        """The evaluations without change that time alone has brought."""
        steps = min(max(0, (at - self.at) // interval_ms), SLOTS)
        if steps == 0:
            return self
        flaps = self
        for _ in range(steps):
            flaps = _judged(flaps.bad, flaps.at, flaps.bits << 1 & _MASK, flapping=flaps.flapping)
        return Flaps(flaps.bad, self.at + (at - self.at) // interval_ms * interval_ms, flaps.bits, flaps.flapping)

    def steady_at(self, interval_ms: int) -> int | None:
        """When it is steady if it never changes again; None where it does not flap."""
        if not self.flapping:
            return None
        flaps, steps = self, 0
        while flaps.flapping:
            steps += 1
            flaps = _judged(flaps.bad, flaps.at, flaps.bits << 1 & _MASK, flapping=True)
        return self.at + steps * interval_ms


class Flapbook:
    """The flaps of whoever changed lately, by key and by subject; a steady one is forgotten."""

    def __init__(self) -> None:
        self._flaps: dict[str, Flaps] = {}
        self._by_device: dict[str, set[str]] = {}

    def troubled(self, device: str) -> bool:
        """Whether something of this subject changed lately."""
        return device in self._by_device

    def of_device(self, device: str) -> Collection[str]:
        """The keys of a subject that changed lately."""
        return self._by_device.get(device, ())

    def get(self, key: str) -> Flaps | None:
        """The flaps of a key."""
        return self._flaps.get(key)

    def seen(self, key: str, device: str, at: int, interval_ms: int, *, bad: bool) -> Flaps | None:
        """One more evaluation; the first one that is bad is a change."""
        before = self._flaps.get(key)
        if before is None:
            return self._keep(key, device, Flaps(bad=True, at=at, bits=1)) if bad else None
        return self._keep(key, device, before.seen(at, interval_ms, bad=bad))

    def pass_time(self, key: str, device: str, at: int, interval_ms: int) -> Flaps | None:
        """The evaluations without change until now."""
        before = self._flaps.get(key)
        return None if before is None else self._keep(key, device, before.until(at, interval_ms))

    def _keep(self, key: str, device: str, flaps: Flaps) -> Flaps:
        if flaps.bits or flaps.flapping:
            self._flaps[key] = flaps
            self._by_device.setdefault(device, set()).add(key)
        else:
            self._flaps.pop(key, None)
            keys = self._by_device.get(device, set())
            keys.discard(key)
            if not keys:
                self._by_device.pop(device, None)
        return flaps


def chattering(times: Sequence[int]) -> bool:
    """Whether an alarm came three times within a minute; `times` of its comings in epoch ms, in order."""
    return any(later - first < CHATTER_MS for first, later in zip(times, times[CHATTERS - 1 :], strict=False))


def _judged(bad: bool, at: int, bits: int, *, flapping: bool) -> Flaps:
    value = Flaps(bad, at, bits).value
    return Flaps(bad, at, bits, value > HIGH or (flapping and value >= LOW))

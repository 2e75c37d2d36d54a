"""What is due when, and who held the load back.

Open loop: message i of a connection is due at `began + i / rate`, whether or not those before it were answered, and its
latency counts from then. A broker that stalls for a second so makes a second of messages late, instead of making the
generator ask less (coordinated omission). Pure; times are seconds of any steady clock.
"""

from dataclasses import dataclass
from math import floor, inf
from typing import Literal

Culprit = Literal["broker", "generator"]
_SATURATED = 0.85  # of one core: a generator that busy is not trusted to have been on time
_BEHIND_S = 0.05
_WAITED = 0.5
_ANSWERED_S = 0.25


@dataclass(frozen=True, slots=True)
class Plan:
    """`count` messages of one connection (infinity: no end), `rate` a second; without one as the broker takes them."""

    count: float
    rate: float | None = None

    def due(self, elapsed: float) -> float:
        """How many should have been sent by then."""
        return self.count if self.rate is None else min(self.count, floor(elapsed * self.rate) + 1)

    def due_at(self, index: int) -> float:
        """When the message with that index is due, from the beginning; 0 where there is no rate."""
        return 0.0 if self.rate is None else index / self.rate

    def wait(self, sent: int, elapsed: float) -> float:
        """How long nothing is due."""
        if sent >= self.count:
            return inf
        return max(0.0, self.due_at(sent) - elapsed)


def shares(count: float, rate: float | None, members: int, devices: int) -> Plan:
    """The part of one connection that speaks for `members` of all devices; counts are exact for whole rounds."""
    part = members / devices
    return Plan(count if count == inf else round(count * part), None if rate is None else rate * part)


@dataclass(frozen=True, slots=True)
class Effort:
    """What the generator itself did: the share of one core it used, how far it fell behind, how long it waited."""

    cpu_share: float
    behind_s: float
    """The 99th percentile of how late messages left, 0 without a rate."""
    waited_s: float
    """The 99th percentile of how long messages waited for their answer after they had left, 0 without a rate."""
    waited_share: float
    """The part of the time in which something was due and the broker was not ready for it."""
    paced: bool


def bottleneck(effort: Effort) -> Culprit | None:
    """Who kept the load from being what was asked; None where it was."""
    if not effort.paced:
        return "generator" if effort.cpu_share > _SATURATED else "broker"
    if effort.behind_s <= _BEHIND_S:
        return "broker" if effort.waited_s > _ANSWERED_S else None
    return "broker" if effort.waited_share > _WAITED and effort.cpu_share <= _SATURATED else "generator"

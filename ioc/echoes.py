"""How long a marked sample takes: what was sent, what came back on which leg, and what that says of the centre.

Decides the latencies, what is slow and what is lost. It never sends, waits or reads a clock: every time is an
argument, in milliseconds of one steady clock. An echo answers for the samples before it too: the live stream tells
only the newest.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Final

PATIENCE_MS: Final = 10_000.0
"""A sample without its echo for so long is lost."""
SLOW_MS: Final = 2_000.0
"""Ten times what the live stream waits before it tells (a fifth of a second): something stands in the way."""
KEPT: Final = 100
BOUNDS_MS: Final = (5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0)


class Leg(StrEnum):
    """Where an echo comes from, in the order in which they come."""

    STORED = "stored"  # told by the ingest, after the commit
    LIVE = "live"  # told by the live stream, to a client like any other


class Health(StrEnum):
    """What the echoes say."""

    OFF = "off"
    WAITING = "waiting"  # for the first echoes
    OK = "ok"
    SLOW = "slow"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Latency:
    """One leg in numbers, milliseconds: the newest, and the middle and the 95th percentile of the last hundred."""

    count: int
    total: float
    buckets: Sequence[int]  # how many took at most each of BOUNDS_MS
    last: float | None
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the echoes say now; `leg` is where they fail or linger."""

    health: Health
    leg: Leg | None = None


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile: the least value that at least this share of them does not exceed."""
    return sorted(values)[max(ceil(share * len(values)), 1) - 1] if values else None


class _Track:
    """One leg: who is under way, and how long the others took."""

    def __init__(self) -> None:
        self.waiting: dict[int, float] = {}  # stamp -> when it was sent, oldest first
        self.lost = 0
        self._judged = -1  # the newest stamp already counted as lost
        self._newest: deque[float] = deque(maxlen=KEPT)
        self._counts = [0] * (len(BOUNDS_MS) + 1)
        self._total = 0.0

    def sent(self, stamp: int, at: float) -> None:
        self.waiting[stamp] = at
        if len(self.waiting) > KEPT:
            del self.waiting[next(iter(self.waiting))]

    def heard(self, stamp: int, at: float) -> None:
        sent = self.waiting.get(stamp)
        if sent is None:
            return
        for older in [each for each in self.waiting if each <= stamp]:
            del self.waiting[older]
        took = max(at - sent, 0.0)
        self._newest.append(took)
        self._counts[bisect_left(BOUNDS_MS, took)] += 1
        self._total += took

    def look(self, at: float) -> Health:
        """How this leg does; what is now overdue is counted, each sample once."""
        overdue = [stamp for stamp, sent in self.waiting.items() if at - sent >= PATIENCE_MS]
        self.lost += sum(stamp > self._judged for stamp in overdue)
        self._judged = max([self._judged, *overdue])
        if overdue:
            return Health.LOST
        oldest = at - next(iter(self.waiting.values())) if self.waiting else 0.0
        if not self._newest:
            return Health.WAITING
        return Health.SLOW if max(self._newest[-1], oldest) > SLOW_MS else Health.OK

    def latency(self) -> Latency:
        buckets, so_far = [], 0
        for count in self._counts[:-1]:
            so_far += count
            buckets.append(so_far)
        return Latency(
            sum(self._counts), self._total, buckets, self._newest[-1] if self._newest else None,
            percentile(self._newest, 0.5), percentile(self._newest, 0.95),
        )  # fmt: skip


class Echoes:
    """The samples under way and the latencies of both legs. Stamps grow: each names one sample."""

    def __init__(self) -> None:
        self.sent_total = 0
        self._tracks = {leg: _Track() for leg in Leg}

    def sent(self, stamp: int, at: float) -> None:
        """A sample was sent, or should have been."""
        self.sent_total += 1
        for track in self._tracks.values():
            track.sent(stamp, at)

    def heard(self, leg: Leg, stamp: int, at: float) -> None:
        """Its echo came; one that nobody waits for says nothing."""
        self._tracks[leg].heard(stamp, at)

    def look(self, at: float) -> Verdict:
        """What the echoes say now, the worst leg first."""
        found = {leg: track.look(at) for leg, track in self._tracks.items()}
        for health in (Health.LOST, Health.WAITING, Health.SLOW):
            for leg, its in found.items():
                if its is health:
                    return Verdict(health, leg)
        return Verdict(Health.OK)

    def latencies(self) -> Mapping[Leg, Latency]:
        """Both legs in numbers."""
        return {leg: track.latency() for leg, track in self._tracks.items()}

    def lost(self) -> Mapping[Leg, int]:
        """How many samples had no echo in time, by leg."""
        return {leg: track.lost for leg, track in self._tracks.items()}

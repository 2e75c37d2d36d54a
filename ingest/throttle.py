"""Holds back a device that shouts, without harm to its neighbours: a token bucket for each device that needs one.

Decides which samples are let go (*shed*): never births, statuses, events or acknowledgements. Pure.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.batch import Judged
from ingest.ledger import Outcome
from ingest.model import Sample

_QUIET = 20  # samples of one device in one batch that nobody need look at
_MOST = 10_000  # buckets remembered


@dataclass(slots=True)
class Throttle:
    """`rate` samples a second of one device, with `burst` at once (a backlog after an absence is no shouting)."""

    rate: float = 200
    burst: float = 10_000
    _buckets: dict[str, tuple[float, int]] = field(default_factory=dict)

    def hold(self, batch: Sequence[Judged], now: int) -> Sequence[Judged]:
        """The batch with what is too much marked as shed."""
        if len(batch) <= _QUIET:
            return batch
        topics = Counter([judged.message.topic for judged in batch])  # quick: most batches end here
        if max(topics.values()) <= _QUIET:
            return batch
        counts = Counter(judged.reports[0].device for judged in batch if _sheddable(judged))
        allowed = {device: self._grant(device, n, now) for device, n in counts.items() if n > _QUIET}
        if all(allowed[device] >= counts[device] for device in allowed):
            return batch
        return [self._pass(judged, allowed) for judged in batch]

    def _grant(self, device: str, wanted: int, now: int) -> int:
        """How many of the wanted samples may pass; takes them from the bucket."""
        tokens, at = self._buckets.pop(device, (self.burst, now))
        tokens = min(self.burst, tokens + self.rate * max(0, now - at) / 1000)
        granted = min(wanted, int(tokens))
        self._buckets[device] = tokens - granted, now
        if len(self._buckets) > _MOST:
            del self._buckets[next(iter(self._buckets))]
        return granted

    @staticmethod
    def _pass(judged: Judged, allowed: dict[str, int]) -> Judged:
        if not _sheddable(judged) or (device := judged.reports[0].device) not in allowed:
            return judged
        allowed[device] -= 1
        return judged if allowed[device] >= 0 else shed(judged, "shouting")


def shed(judged: Judged, reason: str) -> Judged:
    """The verdict on a message that is let go; `detail` keeps its device."""
    device = judged.reports[0].device if judged.reports else ""
    return Judged(judged.message, Outcome.SHED, reason=reason, detail=device)


def only_samples(judged: Judged) -> bool:
    """Whether nothing but readings would be lost with it."""
    return judged.outcome is Outcome.STORED and all(isinstance(report, Sample) for report in judged.reports)


def _sheddable(judged: Judged) -> bool:
    return len(judged.reports) == 1 and only_samples(judged)

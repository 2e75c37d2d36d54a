"""The kind `rate`: how fast a number changes, per `per`, measured over `over`.

A counter (`…_total`) that falls began anew: its change is reckoned from nothing. A gap longer than `over` leaves
nothing to reckon from: unknown until there are two values again.
"""

from dataclasses import dataclass
from itertools import pairwise

from alerts.judging import LIMIT_OPTIONS, Limits, read_limits
from alerts.model import Verdict
from alerts.options import Options
from alerts.rule import Finding, Kind, Recalled, Subject
from ingest.model import Event, Metrics

Points = tuple[tuple[int, float], ...]
_STEPS = 60  # of `over`: of the values in one step the last is kept, so that the window is whole however many come


@dataclass(frozen=True, slots=True)
class Rate:
    """Bad while the change per `per_ms` is beyond the limits."""

    metric: str
    limits: Limits
    per_ms: int
    over_ms: int

    @property
    def metrics(self) -> tuple[str, ...]:
        """The one metric."""
        return (self.metric,)

    @property
    def window_ms(self) -> int:
        """Values within `over`."""
        return self.over_ms

    def judge(self, fact: Metrics | Event | None, memory: Points | None, at: int) -> Recalled:
        """Judge a new value; the memory is the values within `over`."""
        if fact is None or isinstance(fact, Event):
            return Recalled(None, memory)
        value = fact[self.metric]
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Recalled(Finding(Verdict.UNKNOWN, reason="no_data" if value is None else "not_a_number"), memory)
        step = max(self.over_ms // _STEPS, 1)
        points = memory or ()
        first, end = 0, len(points)
        while first < end and at - points[first][0] > self.over_ms:
            first += 1
        if end and points[-1][0] // step == at // step:
            end -= 1
        points = (*points[first:end], (at, float(value)))
        return Recalled(self._finding(points), points)

    def _finding(self, points: Points) -> Finding:
        span = points[-1][0] - points[0][0]
        if span <= 0:
            return Finding(Verdict.UNKNOWN, reason="too_few_values")
        change = points[-1][1] - points[0][1]
        if self.metric.endswith("_total"):
            steps = pairwise(points)
            change = sum(new - old if new >= old else new for (_, old), (_, new) in steps)
        return self.limits.judge(round(change * self.per_ms / span, 6))


def read(options: Options) -> Rate:
    """Read the limits of the change, `per` (a minute) and `over` (five)."""
    limits = read_limits(options)
    if not isinstance(limits, Limits):
        raise options.wrong("a rate needs above or below", "equals")
    metric = options.text("metric") or ""
    return Rate(metric, limits, options.duration("per") or 60_000, options.duration("over") or 300_000)


KIND = Kind(name="rate", subject=Subject.SERIES, options=(*LIMIT_OPTIONS, "per", "over"), read=read, metric=True)

"""The kind `availability`: how much of the last `over` a device was there, in per cent.

Time in which we could not know counts for neither. Nothing is said before half of `over` was watched.
"""

from dataclasses import dataclass
from typing import Final

from alerts.judging import Limits
from alerts.model import Verdict
from alerts.options import Options
from alerts.rule import Finding, Kind, Recalled, Subject
from ingest.model import Presence

Stretches = tuple[tuple[int, bool | None], ...]  # from when on it was there, was not, or nobody knows
_LOOKS: Final = 96  # how often it is judged anew in each `over` while nothing changes
_KEPT: Final = 500


@dataclass(frozen=True, slots=True)
class Availability:
    """Bad while the share of the time is below the limit."""

    limits: Limits
    over_ms: int
    metrics: tuple[str, ...] = ()

    @property
    def window_ms(self) -> int:
        """What it was like during `over`."""
        return self.over_ms

    def judge(self, fact: Presence | None, memory: Stretches | None, at: int) -> Recalled:
        """Judge a presence, or the passing of time."""
        stretches = memory or ()
        if fact is not None:
            there = None if fact.unknown else fact.connected is not False and fact.fresh
            if not stretches or stretches[-1][1] is not there:
                stretches = (*stretches, (at, there))
        oldest = at - self.over_ms
        while len(stretches) > 1 and (stretches[1][0] <= oldest or len(stretches) > _KEPT):
            stretches = stretches[1:]
        return Recalled(self._finding(stretches, oldest, at), stretches, at + self.over_ms // _LOOKS)

    def _finding(self, stretches: Stretches, oldest: int, at: int) -> Finding:
        ends = [begin for begin, _ in stretches[1:]] + [at]
        spans = [(end - max(begin, oldest), there) for (begin, there), end in zip(stretches, ends, strict=False)]
        known = sum(span for span, there in spans if there is not None)
        if known * 2 < self.over_ms:
            return Finding(Verdict.UNKNOWN, reason="too_short")
        return self.limits.judge(round(100 * sum(span for span, there in spans if there) / known, 2))


def read(options: Options) -> Availability:
    """Read `below` (per cent), `clear_above` and `over`."""
    below, over = options.number("below"), options.duration("over")
    if below is None or not over:
        raise options.wrong("needs below (in per cent) and over = '24h'")
    return Availability(Limits(below=below, clear_above=options.number("clear_above")), over)


KIND = Kind(
    name="availability", subject=Subject.UPTIME, options=("below", "clear_above", "over"), read=read, metric=False
)

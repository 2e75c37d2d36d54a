"""The kind `repeated`: an event that begins `times` times `within` a duration. One alone is nothing to tell."""

from dataclasses import dataclass

from alerts.model import Verdict
from alerts.options import Options
from alerts.rule import Finding, Kind, Recalled, Subject
from ingest.model import Event, Metrics

_KEPT = 1000  # beginnings remembered of one device at most


@dataclass(frozen=True, slots=True)
class Repeated:
    """Bad while so many beginnings lie within the window; `type` None counts events of every type."""

    type: str | None
    times: int
    within_ms: int
    metrics: tuple[str, ...] = ()

    @property
    def window_ms(self) -> int:
        """Beginnings within the window."""
        return self.within_ms

    def judge(self, fact: Metrics | Event | None, memory: tuple[int, ...] | None, at: int) -> Recalled:
        """Judge an event, or the passing of time; the memory is when each began."""
        begun = tuple(when for when in memory or () if at - when < self.within_ms)
        if isinstance(fact, Event):
            if fact.phase != "start" or self.type not in (None, fact.type):
                return Recalled(None, begun, self._wake(begun))
            begun = (*begun, at)[-max(self.times, _KEPT) :]
        verdict = Verdict.BAD if len(begun) >= self.times else Verdict.GOOD
        return Recalled(Finding(verdict, len(begun), self.type or "event"), begun, self._wake(begun))

    def _wake(self, begun: tuple[int, ...]) -> int | None:
        return begun[0] + self.within_ms if begun else None


def read(options: Options) -> Repeated:
    """Read `event` (none: any), `times` and `within`."""
    times, within = options.whole("times"), options.duration("within")
    if times is None or not within:
        raise options.wrong("needs times = 3 and within = '10m'")
    return Repeated(options.text("event"), times, within)


KIND = Kind(name="repeated", subject=Subject.EVENT, options=("event", "times", "within"), read=read, metric=False)

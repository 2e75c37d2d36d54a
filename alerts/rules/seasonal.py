"""The kind `seasonal`: a number that is not what it usually is at this hour of the week, or drifts away from it.

Second-class until proven: never above a warning, and inactive (not good, not bad) until a baseline was learned from
weeks of history (`ioc.history`). Where nothing is usual yet it says nothing.
"""

from dataclasses import dataclass

from alerts.baseline import Baseline, H
from alerts.model import Severity, Verdict
from alerts.options import Options
from alerts.rule import Finding, Kind, Recalled, Subject
from ingest.model import Event, Metrics


@dataclass(frozen=True, slots=True)
class Seasonal:
    """Bad beyond `z` spreads, or, with `drift`, when CUSUM passes its limit; good again within `clear_z`."""

    metric: str
    z: float
    clear_z: float
    floor: float
    drift: bool

    @property
    def metrics(self) -> tuple[str, ...]:
        """The one metric."""
        return (self.metric,)

    @property
    def window_ms(self) -> int:
        """What is usual is learned otherwise, from weeks."""
        return 0

    def judge(self, fact: Metrics | Event | None, memory: Baseline | None, at: int) -> Recalled:
        """Judge a new value against the baseline, which is the memory."""
        if memory is None or fact is None or isinstance(fact, Event):
            return Recalled(None, memory)
        value = fact[self.metric]
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Recalled(Finding(Verdict.UNKNOWN, reason="no_data" if value is None else "not_a_number"), memory)
        score = memory.score(at, value)
        if score is None:
            return Recalled(Finding(Verdict.UNKNOWN, reason="no_baseline"), memory)
        memory = memory.drifted(score) if self.drift else memory
        far, drifts = abs(score), self.drift and memory.drift > H
        if far > self.z or drifts:
            return Recalled(Finding(Verdict.BAD, value, "drift" if drifts else f"z={score:.1f}"), memory)
        settled = far <= self.clear_z and (not self.drift or memory.drift < H / 2)
        return Recalled(Finding(Verdict.GOOD if settled else Verdict.BETWEEN, value), memory)


def read(options: Options) -> Seasonal:
    """Read `z` (3.5), `clear_z` (2.5), `floor` and `drift`."""
    z, clear_z = options.number("z") or 3.5, options.number("clear_z")
    clear_z = min(2.5, z) if clear_z is None else clear_z
    floor = options.number("floor")
    if floor is None or floor <= 0 or clear_z > z:
        raise options.wrong("needs floor, the least spread in the metric's unit, and clear_z not above z", "floor")
    return Seasonal(options.text("metric") or "", z, clear_z, floor, options.truth("drift") or False)


KIND = Kind(
    name="seasonal",
    subject=Subject.SERIES,
    options=("z", "clear_z", "floor", "drift"),
    read=read,
    metric=True,
    at_most=Severity.WARNING,
)

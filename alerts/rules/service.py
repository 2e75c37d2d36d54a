"""The kind `service`: a share of two numbers below what was promised (dossiers on time, calls answered).

An indicator is sent as numerator and denominator with its period, never as a percentage: here they are summed over
`over` (the newest alone without it) and judged in per cent, where the denominator is `at_least` so large.
"""

from dataclasses import dataclass

from alerts.judging import Limits
from alerts.model import Verdict
from alerts.options import Options
from alerts.rule import Finding, Kind, Recalled, Subject
from ingest.model import Event, Metrics

Parts = tuple[tuple[int, float, float], ...]
_KEPT = 500


@dataclass(frozen=True, slots=True)
class Promise:
    """Bad while the share, in per cent, is below the limit."""

    numerator: str
    denominator: str
    limits: Limits
    at_least: float
    over_ms: int

    @property
    def metrics(self) -> tuple[str, ...]:
        """Both numbers; they come in one sample."""
        return (self.numerator, self.denominator)

    @property
    def window_ms(self) -> int:
        """Samples within `over`."""
        return self.over_ms

    def judge(self, fact: Metrics | Event | None, memory: Parts | None, at: int) -> Recalled:
        """Judge a sample that has both; the memory is those within `over`."""
        if fact is None or isinstance(fact, Event):
            return Recalled(None, memory)
        good, whole = fact.get(self.numerator), fact.get(self.denominator)
        if not _is_number(good) or not _is_number(whole):
            return Recalled(Finding(Verdict.UNKNOWN, reason="no_data"), memory)
        kept = tuple(part for part in memory or () if at - part[0] < self.over_ms)
        parts = (*kept, (at, float(good or 0), float(whole or 0)))[-_KEPT:]
        total = sum(part[2] for part in parts)
        if total < max(self.at_least, 1e-9):
            return Recalled(Finding(Verdict.UNKNOWN, reason="too_few"), parts)
        share = round(100 * sum(part[1] for part in parts) / total, 2)
        return Recalled(self.limits.judge(share), parts)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read(options: Options) -> Promise:
    """Read `numerator`, `denominator`, `below` (per cent) and `clear_above`, `at_least`, `over`."""
    numerator, denominator = options.text("numerator"), options.text("denominator")
    below = options.number("below")
    if numerator is None or denominator is None or below is None:
        raise options.wrong("needs numerator, denominator and below (in per cent)")
    limits = Limits(below=below, clear_above=options.number("clear_above"))
    return Promise(numerator, denominator, limits, options.number("at_least") or 1, options.duration("over"))


KIND = Kind(
    name="service",
    subject=Subject.SERIES,
    options=("numerator", "denominator", "below", "clear_above", "at_least", "over"),
    read=read,
    metric=False,
)

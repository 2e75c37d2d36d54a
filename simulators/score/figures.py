"""Sums over a verdict: recall, precision, times to detect and messages, for each kind of truth and in all."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil, isfinite
from typing import Any

from simulators.score.isa import Load, measure
from simulators.score.matching import Fate, Judged, Outcome, Verdict
from simulators.score.words import Alert, Truth


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one kind, or of all. A share of nothing is None, never 0 or 1.

    An alert belongs to the kind of the truth that it is about; those about no truth belong to no kind, and stand in
    the sum alone. `told_*` are seconds from a truth's beginning to its first message, of those told in time;
    `noticed_*` those until it was first found bad, whatever its rule then waited for;
    `messages_*` how often a person who is told everything heard of one truth.
    """

    kind: str
    truths: int
    found: int
    late: int
    missing: int
    right: int
    doubled: int
    wrong_place: int
    extra: int
    folded: int
    recall: float | None
    precision: float | None
    told_p50_s: float | None
    told_p95_s: float | None
    noticed_p50_s: float | None
    noticed_p95_s: float | None
    messages_mean: float | None
    messages_max: int


@dataclass(frozen=True, slots=True)
class Score:
    """All figures. `strays` counts, by rule, the alerts that are about no truth."""

    kinds: tuple[Row, ...]
    total: Row
    load: Load
    strays: dict[str, int]

    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {
            "kinds": [asdict(row) for row in self.kinds],
            "total": asdict(self.total),
            "operator": asdict(self.load),
            "extra_by_rule": self.strays,
        }


def score(
    verdict: Verdict, truths: Sequence[Truth], *, span: tuple[float, float] | None = None, operators: int = 1
) -> Score:
    """The figures of a verdict over the truths. `span` is what the operator's load is measured over."""
    kinds = sorted({truth.kind for truth in truths if truth.expected})
    alerts = [judged.alert for judged in verdict.judged]
    begins, ends = span or find_span(truths, alerts)
    strays: dict[str, int] = {}
    for judged in verdict.judged:
        if judged.cause is None and judged.outcome is Outcome.EXTRA:
            strays[judged.alert.rule] = strays.get(judged.alert.rule, 0) + 1
    return Score(
        kinds=tuple(
            _row(kind, [fate for fate in verdict.fates if fate.truth.kind == kind],
                 [judged for judged in verdict.judged if judged.cause and judged.cause.kind == kind])
            for kind in kinds
        ),
        total=_row("all", verdict.fates, verdict.judged),
        load=measure(alerts, begins, ends, operators),
        strays=dict(sorted(strays.items())),
    )  # fmt: skip


def find_span(truths: Iterable[Truth], alerts: Iterable[Alert]) -> tuple[float, float]:
    """From the first to the last thing that is known."""
    times = [at for truth in truths for at in (truth.begins, truth.ends)]
    times += [at for alert in alerts for at in (alert.raised, alert.ended)]
    known = [at for at in times if isfinite(at)]
    return (min(known), max(known)) if known else (0.0, 0.0)


def _row(kind: str, fates: Sequence[Fate], judged: Sequence[Judged]) -> Row:
    def count(outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in judged)

    found, late = sum(fate.found for fate in fates), sum(fate.late for fate in fates)
    told = sum(one.outcome is not Outcome.FOLDED for one in judged)
    delays = sorted(fate.delay_s for fate in fates if fate.found and fate.delay_s is not None)
    noticed = sorted(fate.noticed_s for fate in fates if fate.found and fate.noticed_s is not None)
    messages = _messages(fates, judged)
    return Row(
        kind=kind,
        truths=len(fates),
        found=found,
        late=late,
        missing=len(fates) - found - late,
        right=count(Outcome.RIGHT),
        doubled=count(Outcome.DOUBLED),
        wrong_place=count(Outcome.WRONG_PLACE),
        extra=count(Outcome.EXTRA),
        folded=count(Outcome.FOLDED),
        recall=found / len(fates) if fates else None,
        precision=count(Outcome.RIGHT) / told if told else None,
        told_p50_s=_percentile(delays, 0.50),
        told_p95_s=_percentile(delays, 0.95),
        noticed_p50_s=_percentile(noticed, 0.50),
        noticed_p95_s=_percentile(noticed, 0.95),
        messages_mean=sum(messages) / len(messages) if messages else None,
        messages_max=max(messages, default=0),
    )


def _messages(fates: Sequence[Fate], judged: Sequence[Judged]) -> list[int]:
    """How often people were told of each truth that somebody told them of."""
    counts: dict[str, int] = {}
    for one in judged:
        if one.cause is not None and one.outcome is not Outcome.FOLDED:
            counts[one.cause.id] = counts.get(one.cause.id, 0) + one.alert.messages
    return [counts[fate.truth.id] for fate in fates if fate.truth.id in counts]


def _percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least that share do not exceed; `values` in order."""
    return values[max(0, ceil(share * len(values)) - 1)] if values else None

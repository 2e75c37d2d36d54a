"""Knows which rules judge what, so that a sample costs the rules of its metrics and no others.

Decides nothing about a device. For each family it holds, by metric, the range of numbers that no rule calls bad: of
a device without alerts nothing else is looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from alerts.model import Verdict
from alerts.rule import NEVER_CALM, Rule, Subject
from ingest.conduct import MEASURES
from ingest.model import FAMILIES


@dataclass(slots=True)
class Watch:
    """The rules of one family. `calm` is by metric; `metric`, `series` and `counts` are the rules that read it.

    `measured` are those counts that read what the centre itself measures: no sample of a device need ask them.
    """

    calm: dict[str, tuple[float, float]] = field(default_factory=dict)
    metric: dict[str, list[Rule]] = field(default_factory=dict)
    series: dict[str, list[Rule]] = field(default_factory=dict)
    counts: dict[str, list[Rule]] = field(default_factory=dict)
    measured: dict[str, list[Rule]] = field(default_factory=dict)
    presence: list[Rule] = field(default_factory=list)
    uptime: list[Rule] = field(default_factory=list)
    events: list[Rule] = field(default_factory=list)
    absent: list[Rule] = field(default_factory=list)  # outages of those who are not there

    def take(self, rule: Rule) -> None:
        """Add a rule."""
        match rule.subject:
            case Subject.METRIC:
                self._calm(rule.metric or "", NEVER_CALM if rule.unknown is Verdict.BAD else rule.test.calm)
                self.metric.setdefault(rule.metric or "", []).append(rule)
            case Subject.SERIES:
                self._calm(rule.test.metrics[0], NEVER_CALM)
                self.series.setdefault(rule.test.metrics[0], []).append(rule)
            case Subject.DOMAIN:
                self._take_outage(rule)
            case Subject.PRESENCE:
                self.presence.append(rule)
            case Subject.UPTIME:
                self.uptime.append(rule)
            case Subject.EVENT:
                self.events.append(rule)
            case Subject.ENGINE:
                pass

    def _take_outage(self, rule: Rule) -> None:
        """What it counts: a measure of ours, a metric, or the absent; of those that count alerts nothing is judged."""
        if rule.metric in MEASURES:
            self.measured.setdefault(rule.metric or "", []).append(rule)
        elif rule.metric is not None:
            self.counts.setdefault(rule.metric, []).append(rule)
        elif rule.outage is None or not rule.outage.of:
            self.absent.append(rule)

    def _calm(self, metric: str, calm: tuple[float, float]) -> None:
        low, high = self.calm.get(metric, (-inf, inf))
        self.calm[metric] = (max(low, calm[0]), min(high, calm[1]))


class RuleIndex:
    """The rules by name, and a `Watch` for each family."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules: Mapping[str, Rule] = {rule.name: rule for rule in rules}
        self._explained: dict[str, list[Rule]] = {}
        for rule in self.rules.values():
            for name in rule.explained_by:
                self._explained.setdefault(name, []).append(rule)
        self._watches = {family: Watch() for family in FAMILIES}
        for rule in self.rules.values():
            for family in (rule.family,) if rule.family else FAMILIES:
                self._watches[family].take(rule)

    def explained_by(self, rule: str) -> Sequence[Rule]:
        """The rules whose alerts this one's speaks for."""
        return self._explained.get(rule, ())

    def watch(self, family: str) -> Watch:
        """The rules that judge this family."""
        return self._watches[family]

    @property
    def outages(self) -> Sequence[Rule]:
        """The rules over failure domains."""
        return [rule for rule in self.rules.values() if rule.outage is not None]

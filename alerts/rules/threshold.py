"""The kind `threshold`: a number beyond a limit, or a boolean that has the wrong value.

Limits are strict: `above: 80` is bad from just over 80. With `clear_below: 70` it is good again from just
under 70, and between the two (the dead band, hysteresis after ISA-18.2) nothing changes; without it,
whatever is not bad is good. `steps` raise the severity further up. Never remembers an earlier value.
"""

from dataclasses import dataclass

from alerts.model import Severity, Verdict
from alerts.options import Options
from alerts.rule import Finding, Kind, Subject
from ingest.model import Presence, Value


@dataclass(frozen=True, slots=True)
class Limits:
    """Bad above or below a limit; good again once past `clear_below` and `clear_above`."""

    above: float | None = None
    below: float | None = None
    clear_below: float | None = None
    clear_above: float | None = None
    steps: tuple[tuple["Limits", Severity], ...] = ()

    def judge(self, fact: Value | Presence) -> Finding:
        """Judge a number; anything else is unknown."""
        if isinstance(fact, bool) or not isinstance(fact, int | float):
            return Finding(Verdict.UNKNOWN, reason="no_data" if fact is None else "not_a_number")
        if self.exceeded_by(fact):
            reached = [severity for limits, severity in self.steps if limits.exceeded_by(fact)]
            worst = max(reached, key=lambda severity: severity.rank, default=None)
            return Finding(Verdict.BAD, fact, severity=worst)
        return Finding(Verdict.GOOD if self._is_good(fact) else Verdict.BETWEEN, fact)

    def suspects(self, fact: Value | Presence) -> bool:
        """Whether it is a number beyond a limit."""
        return isinstance(fact, int | float) and self.exceeded_by(fact)

    def exceeded_by(self, value: float) -> bool:
        """Whether the value is bad."""
        return (self.above is not None and value > self.above) or (self.below is not None and value < self.below)

    def _is_good(self, value: float) -> bool:
        return (self.clear_below is None or value < self.clear_below) and (
            self.clear_above is None or value > self.clear_above
        )


@dataclass(frozen=True, slots=True)
class Equals:
    """Bad while a boolean is this."""

    bad: bool

    def judge(self, fact: Value | Presence) -> Finding:
        """Judge a boolean; anything else is unknown."""
        if not isinstance(fact, bool):
            return Finding(Verdict.UNKNOWN, reason="no_data" if fact is None else "not_a_boolean")
        return Finding(Verdict.BAD if fact is self.bad else Verdict.GOOD, str(fact).lower())

    def suspects(self, fact: Value | Presence) -> bool:
        """Whether it is the wrong one."""
        return fact is self.bad


def read(options: Options) -> Limits | Equals:
    """Read `equals`, or `above`/`below` with their dead bands and steps."""
    limits = _limits(options)
    bad = options.truth("equals")
    if bad is not None:
        if limits != Limits():
            raise options.wrong("equals stands alone: take away above, below and steps")
        return Equals(bad)
    if limits.above is None and limits.below is None:
        raise options.wrong("a threshold needs above, below or equals")
    return limits


def _limits(options: Options) -> Limits:
    limits = Limits(
        above=options.number("above"),
        below=options.number("below"),
        clear_below=options.number("clear_below"),
        clear_above=options.number("clear_above"),
        steps=tuple(_step(step) for step in options.tables("steps")),
    )
    if limits.clear_below is not None and (limits.above is None or limits.clear_below > limits.above):
        raise options.wrong("clear_below belongs to above and cannot exceed it")
    if limits.clear_above is not None and (limits.below is None or limits.clear_above < limits.below):
        raise options.wrong("clear_above belongs to below and cannot be less than it")
    return limits


def _step(options: Options) -> tuple[Limits, Severity]:
    options.only(("above", "below", "severity"))
    limits, severity = Limits(options.number("above"), options.number("below")), options.severity("severity")
    if severity is None or (limits.above is None) == (limits.below is None):
        raise options.wrong("a step is {above = …, severity = …} or {below = …, severity = …}")
    return limits, severity


KIND = Kind(
    name="threshold",
    subject=Subject.METRIC,
    options=("above", "below", "clear_below", "clear_above", "equals", "steps"),
    read=read,
)

"""Judges a single fact: a number by limits, a boolean by its value, a presence by whether the device is there.

Pure, and without memory. Limits are strict: `above = 80` is bad from just over 80. With `clear_below = 70` it is
good again from 70 down, and between the two (the dead band, hysteresis after ISA-18.2) nothing changes.
"""

from dataclasses import dataclass
from math import inf

from alerts.model import Severity, Verdict
from alerts.options import Options
from alerts.rule import NEVER_CALM, Fact, Finding
from ingest.model import Presence

LIMIT_OPTIONS = ("above", "below", "clear_below", "clear_above", "equals", "steps")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bad above or below a limit; good again once past `clear_below` and `clear_above`."""

    above: float | None = None
    below: float | None = None
    clear_below: float | None = None
    clear_above: float | None = None
    steps: tuple[tuple["Limits", Severity], ...] = ()

    @property
    def calm(self) -> tuple[float, float]:
        """Never bad from the first number to the second."""
        return (-inf if self.below is None else self.below, inf if self.above is None else self.above)

    def judge(self, fact: Fact) -> Finding:
        """Judge a number; anything else is unknown."""
        if isinstance(fact, bool) or not isinstance(fact, int | float):
            return Finding(Verdict.UNKNOWN, reason="no_data" if fact is None else "not_a_number")
        if self.exceeded_by(fact):
            reached = [severity for limits, severity in self.steps if limits.exceeded_by(fact)]
            worst = max(reached, key=lambda severity: severity.rank, default=None)
            return Finding(Verdict.BAD, fact, severity=worst)
        return Finding(Verdict.GOOD if self._is_good(fact) else Verdict.BETWEEN, fact)

    def exceeded_by(self, value: float) -> bool:
        """Whether the value is bad."""
        return (self.above is not None and value > self.above) or (self.below is not None and value < self.below)

    def _is_good(self, value: float) -> bool:
        return (self.clear_below is None or value <= self.clear_below) and (
            self.clear_above is None or value >= self.clear_above
        )


@dataclass(frozen=True, slots=True)
class Equals:
    """Bad while a boolean is this."""

    bad: bool

    @property
    def calm(self) -> tuple[float, float]:
        """The other truth: false is 0 and true is 1."""
        return (-inf, 0) if self.bad else (1, inf)

    def judge(self, fact: Fact) -> Finding:
        """Judge a boolean; anything else is unknown."""
        if not isinstance(fact, bool):
            return Finding(Verdict.UNKNOWN, reason="no_data" if fact is None else "not_a_boolean")
        return Finding(Verdict.BAD if fact is self.bad else Verdict.GOOD, str(fact).lower())


@dataclass(frozen=True, slots=True)
class Absent:
    """Judges a presence; `value` stays empty and `reason` says how the device went."""

    calm = NEVER_CALM

    def judge(self, fact: Fact) -> Finding:
        """Bad when disconnected (also cleanly: the reason says so) or silent; unknown where we cannot know."""
        if not isinstance(fact, Presence):
            return Finding(Verdict.UNKNOWN, reason="no_data")
        if fact.unknown:
            return Finding(Verdict.UNKNOWN, reason=fact.reason or "unknown")
        if fact.connected is False:
            return Finding(Verdict.BAD, reason=fact.reason or "offline")
        if not fact.fresh:
            return Finding(Verdict.BAD, reason=fact.reason or "silent")
        return Finding(Verdict.GOOD, reason=fact.reason)


def read_limits(options: Options) -> Limits | Equals:
    """Read `equals`, or `above`/`below` with their dead bands and steps."""
    limits = _limits(options)
    bad = options.truth("equals")
    if bad is not None:
        if limits != Limits():
            raise options.wrong("equals stands alone: take away above, below and steps", "equals")
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
        raise options.wrong("clear_below belongs to above and cannot exceed it", "clear_below")
    if limits.clear_above is not None and (limits.below is None or limits.clear_above < limits.below):
        raise options.wrong("clear_above belongs to below and cannot be less than it", "clear_above")
    return limits


def _step(options: Options) -> tuple[Limits, Severity]:
    options.only(("above", "below", "severity"))
    limits, severity = Limits(options.number("above"), options.number("below")), options.severity("severity")
    if severity is None or (limits.above is None) == (limits.below is None):
        raise options.wrong("a step is {above = …, severity = …} or {below = …, severity = …}", "steps")
    return limits, severity

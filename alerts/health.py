"""Counts how each rule fares: how often it fires, errs, meets what it cannot judge, flaps and chatters.

Pure. A rule that errs three times in a row has an alert of its own (`BROKEN`), so that a broken rule is seen.
"""

from dataclasses import dataclass, field
from typing import Final

from alerts.flapping import CHATTERS, chattering
from alerts.judging import Absent
from alerts.model import Severity, Verdict
from alerts.rule import Finding, Rule, Subject

ERRORS: Final = 3  # in a row
BROKEN: Final = Rule(
    name="rule-broken",
    kind="engine",
    subject=Subject.ENGINE,
    severity=Severity.MAJOR,
    test=Absent(),
    title={"vi": "Luật cảnh báo bị lỗi", "en": "An alert rule is broken"},
    advice={
        "vi": "Xem /api/v1/rules, sửa hoặc tắt luật này; báo lỗi cho nhà phát triển.",
        "en": "See /api/v1/rules, mend or disable the rule, and report the error to the developers.",
    },
)


@dataclass(slots=True)
class Health:
    """One rule's counts since the start; `error` is the newest one's sentence."""

    fired: int = 0
    errors: int = 0
    errors_in_a_row: int = 0
    error: str | None = None
    unexpected: int = 0  # facts it cannot judge: a word where a number should be
    flapping: int = 0
    chattering: int = 0


@dataclass(slots=True)
class Healths:
    """Every rule's health by name."""

    rules: dict[str, Health] = field(default_factory=dict)
    _comings: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def of(self, rule: str) -> Health:
        """One rule's."""
        return self.rules.setdefault(rule, Health())

    def erred(self, rule: str, why: Exception) -> Finding | None:
        """A rule raised instead of judging; what that makes of its own alert, if anything."""
        health = self.of(rule)
        health.errors += 1
        health.errors_in_a_row += 1
        health.error = f"{type(why).__name__}: {why}"
        return Finding(Verdict.BAD, health.errors, health.error) if health.errors_in_a_row >= ERRORS else None

    def judged(self, rule: str, finding: Finding) -> Finding | None:
        """A rule judged; what that makes of its own alert, if anything."""
        health = self.of(rule)
        health.unexpected += finding.reason.startswith("not_a_")
        if not health.errors_in_a_row:
            return None
        broken, health.errors_in_a_row = health.errors_in_a_row >= ERRORS, 0
        return Finding(Verdict.GOOD, health.errors) if broken else None

    def came(self, rule: str, key: str, at: int) -> None:
        """An alert of a rule fired."""
        health = self.of(rule)
        health.fired += 1
        times = (*self._comings.get(key, ()), at)[-CHATTERS:]
        health.chattering += chattering(times)
        self._comings[key] = times
        if len(self._comings) > 10_000:  # what came long ago cannot chatter
            self._comings = {each: when for each, when in self._comings.items() if at - when[-1] < 60_000}

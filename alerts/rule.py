"""What a rule and a kind of rule are: the contract of `alerts/rules/`.

A kind reads its own options and judges single facts. It never remembers, waits, or knows of alerts: timers
and hysteresis over time belong to `alerts.machine`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from alerts.model import Severity, Verdict
from alerts.options import Options
from ingest.model import Presence, Value


class Subject(StrEnum):
    """What a kind of rule judges."""

    METRIC = "metric"  # each new value of one metric
    PRESENCE = "presence"  # whether the device is there


@dataclass(frozen=True, slots=True)
class Finding:
    """What one evaluation found. `severity` replaces the rule's own where a worse step was reached."""

    verdict: Verdict
    value: float | str | None = None
    reason: str = ""
    severity: Severity | None = None


class Test(Protocol):
    """A kind's options, ready to judge one fact: a metric's value, or a presence, as its subject says."""

    def judge(self, fact: Value | Presence, /) -> Finding:
        """What this fact says; pure."""

    def suspects(self, fact: Value | Presence, /) -> bool:
        """Whether the fact may be bad: of a device without alerts nothing else is looked at, so it must be quick."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rule: the plain value `KIND` that each module of `alerts/rules/` exports.

    `options` are its own keys; `read` takes them off the rule's options (and raises `RuleError`).
    """

    name: str
    subject: Subject
    options: tuple[str, ...]
    read: Callable[[Options], Test]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as the engine uses it; durations in milliseconds.

    It fires when it was bad for `for_ms`, and clears when it was good for `keep_ms`. Without a family it
    judges every family.
    """

    name: str
    kind: str
    subject: Subject
    severity: Severity
    test: Test
    family: str | None = None
    metric: str | None = None
    for_ms: int = 0
    keep_ms: int = 0
    title: Mapping[str, str] = field(default_factory=dict)

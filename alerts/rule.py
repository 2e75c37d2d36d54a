"""What a rule and a kind of rule are: the contract of `alerts/rules/`.

A kind reads its own options and judges facts. It never waits or knows of alerts: timers and hysteresis over time
belong to `alerts.machine`. What it must remember (the last value, the last hour) is a value that it gives back
and is handed again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Any, Protocol

from alerts.model import Severity, Verdict
from alerts.options import Options
from ingest.model import Presence, Value

Fact = Value | Presence
NEVER_CALM = (inf, -inf)


class Subject(StrEnum):
    """What a kind of rule judges."""

    METRIC = "metric"  # each new value of one metric
    PRESENCE = "presence"  # whether the device is there, and how it calls itself
    SERIES = "series"  # values of metrics over time
    UPTIME = "uptime"  # presence over time
    EVENT = "event"  # what devices say has happened
    ENGINE = "engine"  # the engine itself
    DOMAIN = "domain"  # how many devices of an area, a gateway, a feeder … are bad


class Scale(StrEnum):
    """The failure domains, from the smallest cause to the largest: where two explain as much, the first is it."""

    GATEWAY = "gateway"
    UPLINK = "uplink"  # what carries their traffic
    FEEDER = "feeder"  # what gives them power
    AREA = "area"  # with the areas above it
    BATCH = "batch"  # one maker, model and firmware
    CENTRE = "centre"  # all of them: suspect ourselves


@dataclass(frozen=True, slots=True)
class Finding:
    """What one evaluation found. `severity` replaces the rule's own where a worse step was reached."""

    verdict: Verdict
    value: float | str | None = None
    reason: str = ""
    severity: Severity | None = None


class Test(Protocol):
    """A kind's options, ready to judge one fact: a metric's value, or a presence, as its subject says."""

    @property
    def calm(self) -> tuple[float, float]:
        """A range of numbers (false 0, true 1) that are never bad: they cost nothing. None is `(inf, -inf)`."""

    def judge(self, fact: Fact, /) -> Finding:
        """What this fact says; pure."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a kind with a memory found (None: nothing to say), remembers, and when it wants to be asked again."""

    finding: Finding | None
    memory: Any
    wake: int | None = None  # epoch ms


class Recall(Protocol):
    """A kind's options, ready to judge facts in the light of earlier ones."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics it reads; none where it reads events."""

    @property
    def window_ms(self) -> int:
        """How far back the facts reach that its memory is made of; 0 where it is not made of facts, or of the last."""

    def judge(self, fact: Any, memory: Any, at: int, /) -> Recalled:  # noqa: ANN401 - each kind's own
        """Judge metrics, an event or a presence, as its subject says, at `at` (epoch ms).

        No fact: only time has passed. `memory` is what it gave last; None at first.
        """


@dataclass(frozen=True, slots=True)
class Outage:
    """When a domain counts as out: this share and this many of its devices, or all of at least `all_of`.

    Devices bad for longer than `window_ms` before it began have a trouble of their own and do not count. `alibi` is a
    rule: while its alert is open on what the domain is named after, or on a device in it, that device does not count
    against the domain, and any other that explains it is rather the cause. While a device of the family `witness` is
    heard, the domain is not out. With `of`, a device is bad while one of these rules has an alert of it, be it pending.
    """

    over: Scale
    share: float
    at_least: int
    clear_share: float
    all_of: int | None = None
    window_ms: int = 900_000
    alibi: str | None = None
    of: tuple[str, ...] = ()
    witness: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rule: the plain value `KIND` that each module of `alerts/rules/` exports.

    `options` are its own keys; `read` takes them off the rule's options (and raises `RuleError`). `metric` says
    whether a rule of this kind names one (None: as it likes). `at_most` bounds its severity.
    """

    name: str
    subject: Subject
    options: tuple[str, ...]
    read: Callable[[Options], Test | Recall]
    metric: bool | None = None
    outage: Callable[[Options], Outage] | None = None
    at_most: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as the engine uses it; durations in milliseconds.

    It fires when it was bad for `for_ms`, and clears when it was good for `keep_ms`. Without a family it
    judges every family. `unknown` is what no data counts as; `urgent`, that its first message is never held back;
    `explained_by`, rules whose alert of the same device, or of a domain that it belongs to, speaks for this one's.
    """

    name: str
    kind: str
    subject: Subject
    severity: Severity
    test: Any  # a Test of its subject; a Recall for SERIES and EVENT
    family: str | None = None
    metric: str | None = None
    for_ms: int = 0
    keep_ms: int = 0
    title: Mapping[str, str] = field(default_factory=dict)
    advice: Mapping[str, str] = field(default_factory=dict)  # what to do, by language
    outage: Outage | None = None
    unknown: Verdict = Verdict.UNKNOWN
    urgent: bool = False
    explained_by: tuple[str, ...] = ()

    @property
    def fault(self) -> str:
        """What goes wrong, in a word that an outage shares with the alerts it explains."""
        if self.outage is not None and self.outage.of:
            return " ".join(("alerts", *self.outage.of))
        if self.metric is not None:
            return f"metric {self.metric}"
        return self.kind if self.kind == "deafness" else "absence"

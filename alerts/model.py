"""The words of the alert floor, after ISA-18.2 and ITU-T X.733.

Values only; times are integers of epoch milliseconds. Two axes and a set, never one status column: the
condition, the acknowledgement, and (with the next issue) what suppresses its announcement.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is, after ITU-T X.733; `rank` grows with it."""

    WARNING = "warning"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for a warning to 3 for critical."""
        return tuple(Severity).index(self)


class Condition(StrEnum):
    """Where an alert stands on the condition's axis; the table is in `alerts.machine`."""

    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    CLEARED = "cleared"
    CLOSED = "closed"


class Verdict(StrEnum):
    """What one evaluation of a rule says of one device."""

    BAD = "bad"
    GOOD = "good"
    BETWEEN = "between"  # the dead band: no longer bad, not yet good
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Alert:
    """One abnormal condition of one device by one rule, from its first bad evaluation to its end.

    `key` is `rule@site/family/device`; at most one alert of a key is open. `id` is a ULID-like string,
    sortable by time. `quality` is `good` or `stale` (no data to judge by; the condition keeps).
    """

    id: str
    key: str
    rule: str
    device: str
    severity: Severity
    peak_severity: Severity
    condition: Condition
    since: int  # the first bad evaluation: when the trouble truly began
    last_observed: int
    area: str | None = None
    metric: str | None = None
    value: float | str | None = None
    quality: str = "good"
    reason: str = ""
    episode: int = 1
    firing_since: int | None = None
    recovering_since: int | None = None
    cleared_at: int | None = None
    closed_at: int | None = None
    acked: bool = False
    acked_by: str | None = None
    acked_at: int | None = None
    ack_until: int | None = None
    announced: str | None = None  # what people were last told: `open`, `clear`, or nothing yet
    version: int = 1

    @property
    def open(self) -> bool:
        """Still of concern to someone: not yet closed."""
        return self.condition is not Condition.CLOSED


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of an alert: what it became, why, and what people are to be told.

    `announce` is `open`, `clear`, `worse` or nothing; `before` is None for a new alert.
    """

    alert: Alert
    before: Condition | None
    cause: str  # bad, good, time, ack, unack, close, rule, ...
    at: int
    announce: str | None = None
    actor: str | None = None
    comment: str | None = None

"""The words of the alert floor, after ISA-18.2 and ITU-T X.733.

Values only; times are integers of epoch milliseconds. Two axes and a set, never one status column: the
condition, the acknowledgement, and what suppresses its announcement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


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


class Announce(StrEnum):
    """What people are told by a step. Every `open` is followed by one `clear` or `withdrawn` before the next."""

    OPEN = "open"
    WORSE = "worse"
    FLAPPING = "flapping"  # it changes all the time: no more of it until it is steady, then the truth once
    REMINDER = "reminder"  # an acknowledgement ran out and the trouble is still there
    TAKEN = "taken"  # someone has it in hand: said to the others who know of it
    CLEAR = "clear"
    WITHDRAWN = "withdrawn"  # it ended for a reason that is not recovery; never worded "resolved"

    @property
    def ends(self) -> bool:
        """Whether it takes back an earlier `open`."""
        return self in (Announce.CLEAR, Announce.WITHDRAWN)

    @property
    def settles(self) -> bool:
        """Whether whoever hears it has nothing more to do."""
        return self.ends or self is Announce.TAKEN


class Mute(StrEnum):
    """Why people are not told for now; evaluation goes on all the same. ISA-18.2's words stand beside."""

    SILENCE = "silence"  # someone asked for quiet
    MAINTENANCE = "maintenance"  # out of service
    PARENT = "parent"  # suppressed by design: another alert explains it
    FLAPPING = "flapping"  # suppressed by design
    SHELVED = "shelved"  # shelved
    HELD = "held"  # a first message waits for a cause that explains many


@dataclass(frozen=True, slots=True)
class Suppression:
    """One reason for not telling: `source` is the silence, window or alert behind it, `author` a person or `engine`.

    `until` is its end where that is known: a parent ends when it is over, flapping when it is steady.
    """

    kind: Mute
    source: str = ""
    since: int = 0
    until: int | None = None
    author: str = "engine"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One abnormal condition of one subject by one rule, from its first bad evaluation to its end.

    `device` is the subject: a device's address, or of an outage `area:que-trung`, `gateway:…` and so on.
    `key` is `rule@device`; at most one alert of a key is open. `id` is sortable by time.
    `timer` is when the running `for` or `keep` began, moved on by time that does not count (nothing known,
    engine down). The title is kept with the alert, so that it reads well when its rule is gone.
    """

    id: str
    key: str
    rule: str
    device: str
    severity: Severity
    peak_severity: Severity
    condition: Condition
    since: int  # the first bad evaluation: when the trouble truly began
    last_observed: int  # the centre's time of the newest evaluation
    area: str | None = None
    metric: str | None = None
    value: float | str | None = None
    reason: str = ""
    title: Mapping[str, str] = field(default_factory=dict)  # by language: vi, en
    verdict: Verdict = Verdict.BAD  # the newest evaluation's
    sampled_at: int | None = None  # the device's own time of the newest sample judged
    timer: int | None = None
    episode: int = 1
    firing_since: int | None = None
    cleared_at: int | None = None
    closed_at: int | None = None
    outcome: str | None = None  # how it ended: see `alerts.machine`
    acked: bool = False
    acked_by: str | None = None
    acked_at: int | None = None
    ack_until: int | None = None
    announced: str | None = None  # what people were last told: `open`, `flapping`, `clear`, or nothing yet
    version: int = 0  # grows by one with every step; 0 has not begun
    suppressions: tuple[Suppression, ...] = ()
    freed_at: int | None = None  # when the last suppression ended, until it is sure what people are to be told
    tell_by: int | None = None  # when it is sure even if nobody has looked since
    assignee: str | None = None
    parent: str | None = None  # the id of the alert that explains it
    thread: str | None = None  # the id whose messages it goes on with; its own where None

    @property
    def open(self) -> bool:
        """Still of concern to someone: not yet closed."""
        return self.condition is not Condition.CLOSED

    @property
    def suppressed(self) -> bool:
        """Whether people are not to be told, nor escalated to: suppressed, or just freed and not yet seen anew."""
        return bool(self.suppressions) or self.freed_at is not None

    @property
    def believed(self) -> bool:
        """Whether people were told of it and not yet of its end."""
        return self.announced in (Announce.OPEN, Announce.FLAPPING)

    @property
    def subject(self) -> str:
        """What kind of thing it is about: `device`, or of an outage `area`, `gateway`, `feeder`, … or `centre`."""
        kind, colon, _ = self.device.partition(":")
        return kind if colon else "device"

    def muted_by(self, kind: Mute) -> bool:
        """Whether a suppression of this kind is in force."""
        return any(each.kind is kind for each in self.suppressions)

    @property
    def quality(self) -> str:
        """`good`, or `stale` where there is no data to judge by and the condition merely keeps."""
        return "stale" if self.verdict is Verdict.UNKNOWN else "good"


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of an alert: what it became, why, and what people are to be told.

    `before` is None for a new alert; `cause` is an event of `alerts.machine`.
    """

    alert: Alert
    before: Condition | None
    cause: str
    at: int
    announce: str | None = None
    actor: str | None = None
    comment: str | None = None


class Action(StrEnum):
    """What an operator may ask of an alert."""

    ACK = "ack"
    UNACK = "unack"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    ASSIGN = "assign"
    CLOSE = "close"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Request:
    """An operator asks something of an alert; who may ask it is decided above this floor.

    `until` (epoch ms) ends an acknowledgement or a shelving; `reason` is `false_alarm` where a close asserts one;
    `text` is the operator's own words; `assignee`, whose it is to be (nobody's where None).
    """

    id: str
    alert_id: str
    action: Action
    actor: str
    role: str
    asked_at: int
    until: int | None = None
    reason: str | None = None
    text: str | None = None
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that cannot be met: `reason` is a word, `detail` what to do instead."""

    reason: str
    detail: str

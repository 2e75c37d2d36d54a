"""The words of incidents: the affairs in which people gather alerts that belong together.

Where an incident stands follows from its alerts whenever it is asked; only its closing is a person's word. What may be
done to one is decided in `alerts.incident_deeds`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from alerts.model import Alert, Severity


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"  # some open alert of it nobody has acknowledged
    ACKED = "acked"  # all open ones are
    MITIGATED = "mitigated"  # none is open any more
    CLOSED = "closed"  # a person said so


class Did(StrEnum):
    """What was done to an incident, as its timeline tells it."""

    OPENED = "opened"
    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    LED = "led"
    COMMENTED = "commented"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    REOPENED = "reopened"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Tally:
    """Which alerts an incident gathers, how many are open, how many of these nobody has acknowledged."""

    alerts: tuple[str, ...] = ()
    open: int = 0
    unacked: int = 0
    worst: Severity | None = None  # of the open ones


@dataclass(frozen=True, slots=True)
class Incident:
    """One affair. `lead` is the account that leads it; `merged_into`, the incident that took it over."""

    id: str
    title: str
    opened_at: int
    opened_by: str
    lead: str | None = None
    closed_at: int | None = None
    closed_by: str | None = None
    summary: str | None = None
    merged_into: str | None = None

    @property
    def closed(self) -> bool:
        """Whether a person closed it."""
        return self.closed_at is not None


@dataclass(frozen=True, slots=True)
class Member:
    """An alert as it was when it was put in, so that the incident can be read when the alert is gone."""

    alert_id: str
    rule: str
    device: str
    severity: Severity
    since: int
    area: str | None = None
    title: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert that a deed names, and the incident it is in so far."""

    member: Member
    stands_in: str | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, and when (epoch ms)."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Note:
    """A line of a timeline; `other` is the incident that the alerts came from or went to."""

    incident_id: str
    at: int
    actor: str
    deed: Did
    text: str = ""
    reason: str = ""  # for closing it with alerts open
    alerts: tuple[Member, ...] = ()
    other: str | None = None


def member_of(alert: Alert) -> Member:
    """What an incident keeps of an alert."""
    return Member(alert.id, alert.rule, alert.device, alert.severity, alert.since, alert.area, dict(alert.title))


def tally(gathered: Iterable[Member], alerts: Iterable[Alert]) -> Tally:
    """The count of the alerts gathered, of which these still are."""
    still = [alert for alert in alerts if alert.open]
    worst = max((alert.severity for alert in still), key=lambda severity: severity.rank, default=None)
    return Tally(tuple(each.alert_id for each in gathered), len(still), sum(not alert.acked for alert in still), worst)


def state_of(incident: Incident, count: Tally) -> State:
    """Where it stands: asked anew each time, so that it can never disagree with its alerts."""
    if incident.closed:
        return State.CLOSED
    if count.unacked:
        return State.OPEN
    return State.ACKED if count.open else State.MITIGATED

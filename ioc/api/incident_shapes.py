"""How incidents look in questions and answers, and which words a deed takes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict

from alerts.incident import Did, Incident, Member, Note, State, Tally, state_of
from alerts.incident_book import Gathered, Whole
from alerts.model import Severity
from ioc.api.alert_shapes import Alert, alert_told
from ioc.api.times import Asked, Time, maybe_ms, written_ms

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
AlertIds = Annotated[list[Name], Field(min_length=1, max_length=200)]


class Action(StrEnum):
    """What may be asked of an incident."""

    ADD = "add"
    REMOVE = "remove"
    RENAME = "rename"
    LEAD = "lead"
    COMMENT = "comment"
    ACK = "ack"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"


NEEDS: Final[Mapping[Action, frozenset[str]]] = {
    Action.ADD: frozenset({"alerts"}),
    Action.REMOVE: frozenset({"alerts"}),
    Action.RENAME: frozenset({"title"}),
    Action.LEAD: frozenset(),
    Action.COMMENT: frozenset({"comment"}),
    Action.ACK: frozenset(),
    Action.CLOSE: frozenset({"summary"}),
    Action.REOPEN: frozenset({"comment"}),
    Action.MERGE: frozenset({"into"}),
}
MAY: Final[Mapping[Action, frozenset[str]]] = {
    Action.LEAD: frozenset({"lead"}),
    Action.ACK: frozenset({"comment", "until"}),
    Action.CLOSE: frozenset({"force", "reason"}),
}


class AskedIncident(BaseModel):
    """A new incident about these alerts; `lead` is the account that is to lead it."""

    model_config = ConfigDict(extra="forbid")
    title: Title
    alerts: AlertIds
    lead: Name | None = None


class AskedDeed(BaseModel):
    """What is said with a deed: each takes its own words and no others."""

    model_config = ConfigDict(extra="forbid")
    alerts: AlertIds | None = None
    title: Title | None = None
    lead: Name | None = None  # of `lead`: nobody's where not given
    comment: Words | None = None
    until: Asked | None = None
    summary: Words | None = None
    force: bool = False
    reason: Words | None = None
    into: Name | None = None


class IncidentTold(TypedDict):
    """An incident, its alerts' ids and how these stand; `severity` is the gravest of the open ones."""

    id: str
    title: str
    state: State
    severity: Severity | None
    lead: str | None
    opened_at: Time
    opened_by: str
    closed_at: Time | None
    closed_by: str | None
    summary: str | None
    merged_into: str | None
    alerts: list[str]
    open: int
    unacked: int


class Was(TypedDict):
    """An alert as it was when it was put in."""

    id: str
    rule: str
    device: str
    area: str | None
    severity: Severity
    title: dict[str, str]
    since: Time


class MemberTold(TypedDict):
    """An alert of an incident: as it was, as it is (null: gone), and how many alerts it explains in all."""

    was: Was
    alert: Alert | None
    added_at: Time
    added_by: str
    children: int
    children_open: int


class NoteTold(TypedDict):
    """A line of the timeline; `other` is the incident that the alerts came from or went to."""

    at: Time
    actor: str
    deed: Did
    text: str
    reason: str
    alerts: list[Was]
    other: str | None


class IncidentWhole(IncidentTold):
    """An incident with its alerts and its timeline, oldest first."""

    members: list[MemberTold]
    notes: list[NoteTold]


class IncidentPage(TypedDict):
    """Incidents, newest first."""

    items: list[IncidentTold]
    next: str | None


class Asks(TypedDict):
    """What became of the acknowledgements asked for: the engine did them, would not, or has yet to answer."""

    asked: int
    done: int
    refused: int
    waiting: int


class Done(TypedDict):
    """A deed and the incident after it; `acks` with `ack` only."""

    action: Action
    incident: IncidentWhole
    acks: Asks | None


def misfit(action: Action, given: AskedDeed) -> str | None:
    """What is missing of a deed's words, or does not belong to them, as a sentence; None where they fit."""
    said = {name for name in given.model_fields_set if getattr(given, name) not in (None, False)}
    if lacking := NEEDS[action] - said:
        return f"{', '.join(sorted(lacking))}: needed for {action}"
    if strange := said - NEEDS[action] - MAY.get(action, frozenset()):
        return f"{', '.join(sorted(strange))}: not with {action}"
    if given.force and given.reason is None:
        return "reason: needed with force"
    return None


def incident_told(incident: Incident, count: Tally) -> IncidentTold:
    """An incident as the API tells it."""
    return {
        "id": incident.id,
        "title": incident.title,
        "state": state_of(incident, count),
        "severity": count.worst,
        "lead": incident.lead,
        "opened_at": written_ms(incident.opened_at),
        "opened_by": incident.opened_by,
        "closed_at": maybe_ms(incident.closed_at),
        "closed_by": incident.closed_by,
        "summary": incident.summary,
        "merged_into": incident.merged_into,
        "alerts": [*count.alerts],
        "open": count.open,
        "unacked": count.unacked,
    }


def whole_told(whole: Whole) -> IncidentWhole:
    """An incident with everything of it."""
    return {
        **incident_told(whole.incident, whole.tally),
        "members": [_member_told(each) for each in whole.gathered],
        "notes": [_note_told(each) for each in whole.notes],
    }


def _member_told(each: Gathered) -> MemberTold:
    return {
        "was": _was(each.member),
        "alert": None if each.alert is None else alert_told(each.alert),
        "added_at": written_ms(each.added_at),
        "added_by": each.added_by,
        "children": each.children,
        "children_open": each.children_open,
    }


def _was(member: Member) -> Was:
    return {
        "id": member.alert_id,
        "rule": member.rule,
        "device": member.device,
        "area": member.area,
        "severity": member.severity,
        "title": dict(member.title),
        "since": written_ms(member.since),
    }


def _note_told(note: Note) -> NoteTold:
    return {
        "at": written_ms(note.at),
        "actor": note.actor,
        "deed": note.deed,
        "text": note.text,
        "reason": note.reason,
        "alerts": [_was(each) for each in note.alerts],
        "other": note.other,
    }

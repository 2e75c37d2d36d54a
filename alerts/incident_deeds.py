"""What may be done to an incident: a deed takes the facts and gives a `Change`, or the word of a refusal.

It keeps nothing. A deed links alerts and never changes one: other systems let the correlation close them, and trouble
that went on was forgotten with it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from alerts.incident import By, Candidate, Did, Incident, Member, Note, State, Tally, state_of

MAX_MEMBERS: Final = 500
"""More than anybody reads through; an outage's own alert stands for as many as it explains."""


class Refusal(StrEnum):
    """Why a deed cannot be."""

    NO_INCIDENT = "no_such_incident"
    NO_ALERT = "no_such_alert"
    NO_MEMBER = "not_in_this_incident"
    CLOSED = "incident_closed"
    NOT_CLOSED = "incident_not_closed"
    NOT_MITIGATED = "incident_not_mitigated"
    MERGED = "incident_merged"
    ITSELF = "merge_into_itself"
    FULL = "incident_full"


_NONE: Final = Tally()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a deed is decided on: the incident, its members, the alerts named, the other incident of a merger."""

    incident: Incident
    members: tuple[Member, ...] = ()
    tally: Tally = _NONE
    found: tuple[Candidate, ...] = ()
    other: Incident | None = None
    other_members: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What a deed makes: incidents as they become, alerts with where they go (None: nowhere), lines of timelines."""

    incidents: tuple[Incident, ...] = ()
    moves: tuple[tuple[Candidate, str | None], ...] = ()
    notes: tuple[Note, ...] = ()


def begin(facts: Facts, by: By) -> Change | Refusal:
    """Open it, with the alerts named."""
    incident = facts.incident
    gathered = add(facts, by)
    if isinstance(gathered, Refusal):
        return gathered
    lead = (_note(incident, by, Did.LED, incident.lead),) if incident.lead else ()
    return replace(gathered, notes=(_note(incident, by, Did.OPENED, incident.title), *lead, *gathered.notes))


def add(facts: Facts, by: By) -> Change | Refusal:
    """Put the alerts named in; one that stands in another incident moves, and both timelines say so."""
    incident = facts.incident
    new = [each for each in facts.found if each.stands_in != incident.id]
    if incident.closed:
        return Refusal.CLOSED
    if len(facts.members) + len(new) > MAX_MEMBERS:
        return Refusal.FULL
    notes: list[Note] = []
    for source in dict.fromkeys(each.stands_in for each in new):
        moved = tuple(each.member for each in new if each.stands_in == source)
        notes.append(Note(incident.id, by.at, by.name, Did.ADDED, alerts=moved, other=source))
        if source is not None:
            notes.append(Note(source, by.at, by.name, Did.REMOVED, alerts=moved, other=incident.id))
    return Change(moves=tuple((each, incident.id) for each in new), notes=tuple(notes))


def remove(facts: Facts, alert_ids: Collection[str], by: By) -> Change | Refusal:
    """Take alerts out; they go on as they are."""
    taken = tuple(member for member in facts.members if member.alert_id in alert_ids)
    if facts.incident.closed:
        return Refusal.CLOSED
    if len(taken) < len(set(alert_ids)):
        return Refusal.NO_MEMBER
    moves = tuple((Candidate(member, facts.incident.id), None) for member in taken)
    return Change(moves=moves, notes=(replace(_note(facts.incident, by, Did.REMOVED), alerts=taken),))


def rename(facts: Facts, title: str, by: By) -> Change | Refusal:
    """Call it otherwise."""
    if facts.incident.closed:
        return Refusal.CLOSED
    return _become(facts.incident, replace(facts.incident, title=title), by, Did.RENAMED, title)


def give(facts: Facts, lead: str | None, by: By) -> Change | Refusal:
    """Have somebody lead it; nobody where None."""
    if facts.incident.closed:
        return Refusal.CLOSED
    return _become(facts.incident, replace(facts.incident, lead=lead), by, Did.LED, lead or "")


def comment(facts: Facts, text: str, by: By) -> Change | Refusal:
    """Say something; of a closed one too, for what is learned comes later."""
    return Change(notes=(_note(facts.incident, by, Did.COMMENTED, text),))


def acknowledge(facts: Facts, alert_ids: Collection[str], text: str, by: By) -> Change | Refusal:
    """Note that these alerts of it were acknowledged; the engine does it, alert by alert."""
    if facts.incident.closed:
        return Refusal.CLOSED
    seen = tuple(member for member in facts.members if member.alert_id in alert_ids)
    return Change(notes=(replace(_note(facts.incident, by, Did.ACKNOWLEDGED, text), alerts=seen),) if seen else ())


def close(facts: Facts, summary: str, by: By, *, forced: str | None = None) -> Change | Refusal:
    """Close it once nothing of it is open; before that only with a reason, which `forced` gives."""
    if facts.incident.closed:
        return Refusal.CLOSED
    early = state_of(facts.incident, facts.tally) is not State.MITIGATED
    if early and not forced:
        return Refusal.NOT_MITIGATED
    after = replace(facts.incident, closed_at=by.at, closed_by=by.name, summary=summary)
    note = replace(_note(after, by, Did.CLOSED, summary), reason=forced or "" if early else "")
    return Change((after,), notes=(note,))


def reopen(facts: Facts, text: str, by: By) -> Change | Refusal:
    """Open it again. One that was merged has no alerts any more: the other one goes on."""
    if not facts.incident.closed:
        return Refusal.NOT_CLOSED
    if facts.incident.merged_into is not None:
        return Refusal.MERGED
    after = replace(facts.incident, closed_at=None, closed_by=None, summary=None)
    return _become(facts.incident, after, by, Did.REOPENED, text)


def merge(facts: Facts, by: By) -> Change | Refusal:
    """Give all its alerts to the other one, and close it."""
    source, target = facts.incident, facts.other
    if target is None:
        return Refusal.NO_INCIDENT
    if source.id == target.id:
        return Refusal.ITSELF
    if source.closed or target.closed:
        return Refusal.CLOSED
    if len(facts.members) + facts.other_members > MAX_MEMBERS:
        return Refusal.FULL
    after = replace(source, closed_at=by.at, closed_by=by.name, summary="", merged_into=target.id)
    gone = replace(_note(source, by, Did.MERGED), alerts=facts.members, other=target.id)
    come = replace(_note(target, by, Did.MERGED, source.title), alerts=facts.members, other=source.id)
    moves = tuple((Candidate(member, source.id), target.id) for member in facts.members)
    return Change((after,), moves, (gone, come))


def _become(before: Incident, after: Incident, by: By, deed: Did, text: str) -> Change:
    """Nothing where nothing changes: a second click leaves no second line."""
    return Change() if after == before else Change((after,), notes=(_note(after, by, deed, text),))


def _note(incident: Incident, by: By, deed: Did, text: str = "") -> Note:
    return Note(incident.id, by.at, by.name, deed, text)

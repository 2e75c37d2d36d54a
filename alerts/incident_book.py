"""Where incidents are kept: the port, and one in memory. It decides nothing: `alerts.incident_deeds` does.

A deed is decided on facts that nobody else can change meanwhile, and is kept whole or not at all.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from alerts.incident import Candidate, Incident, Member, Note, Tally, member_of, tally
from alerts.incident_deeds import Change, Facts, Refusal
from alerts.model import Alert
from alerts.store import AlertStore

Decide = Callable[[Facts], Change | Refusal]
"""A deed of `alerts.incident_deeds` with what was said."""

MOST_NOTES: Final = 500
"""Of a timeline, the newest: a page shows no more."""

MOST_CHILDREN: Final = 10_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """One alert of an incident: when and by whom it was put in, how it is now (None: gone).

    `children` are the alerts that it explains, be it through another one.
    """

    member: Member
    added_at: int
    added_by: str
    alert: Alert | None = None
    children: int = 0
    children_open: int = 0


@dataclass(frozen=True, slots=True)
class Whole:
    """An incident with its alerts, the first put in first, and the newest of its timeline, oldest first."""

    incident: Incident
    tally: Tally
    gathered: tuple[Gathered, ...]
    notes: tuple[Note, ...]


class IncidentStore(Protocol):
    """What the web needs kept."""

    def act(
        self, incident: str | Incident, decide: Decide, *, alerts: Sequence[str] = (), other: str | None = None
    ) -> str | Refusal:
        """Do a deed to an incident, by its id, or to a new one; `alerts` and `other` are what it names. Gives its id.

        Alerts that never fired are none yet.
        """

    def list(
        self, *, is_open: bool | None = None, alert: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> tuple[tuple[Incident, Tally], ...]:
        """Incidents, newest first; `is_open`: not closed; `cursor`: the last one read.

        `alert`: the one that it was put into, else that of the nearest alert which explains it.
        """

    def get(self, incident_id: str) -> Whole | None:
        """One incident, whole."""


class MemoryIncidents:
    """The port in memory, over the alerts of a store; forgets when the process ends."""

    def __init__(self, alerts: AlertStore) -> None:
        self._alerts = alerts
        self._incidents: dict[str, Incident] = {}
        self._gathered: dict[str, tuple[str, Gathered]] = {}  # by alert: the incident it is in
        self._notes: list[Note] = []
        self._lock = threading.Lock()

    def act(
        self, incident: str | Incident, decide: Decide, *, alerts: Sequence[str] = (), other: str | None = None
    ) -> str | Refusal:
        """See `IncidentStore`."""
        with self._lock:
            facts = self._facts(incident, alerts, other)
            change = facts if isinstance(facts, Refusal) else decide(facts)
            if isinstance(change, Refusal):
                return change
            if isinstance(incident, Incident):
                self._incidents[incident.id] = incident
            self._keep(change)
            return incident.id if isinstance(incident, Incident) else incident

    def list(
        self, *, is_open: bool | None = None, alert: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> tuple[tuple[Incident, Tally], ...]:
        """See `IncidentStore`."""
        holder = None if alert is None else self._holder(alert)
        chosen = [
            each
            for each in self._incidents.values()
            if is_open in (None, not each.closed)
            and (alert is None or each.id == holder)
            and (cursor is None or each.id < cursor)
        ]
        newest = sorted(chosen, key=lambda each: each.id, reverse=True)[:limit]
        return tuple((each, self._tally(each.id)) for each in newest)

    def get(self, incident_id: str) -> Whole | None:
        """See `IncidentStore`."""
        incident = self._incidents.get(incident_id)
        if incident is None:
            return None
        notes = [note for note in self._notes if note.incident_id == incident_id]
        return Whole(incident, self._tally(incident_id), self._of(incident_id), tuple(notes[-MOST_NOTES:]))

    def _facts(self, incident: str | Incident, alerts: Sequence[str], other: str | None) -> Facts | Refusal:
        known = incident if isinstance(incident, Incident) else self._incidents.get(incident)
        if known is None or (other is not None and other not in self._incidents):
            return Refusal.NO_INCIDENT
        named = [self._alert(each) for each in dict.fromkeys(alerts)]
        found = [Candidate(member_of(each), self._gathered.get(each.id, (None,))[0]) for each in named if each]
        if len(found) < len(named):
            return Refusal.NO_ALERT
        members = tuple(each.member for each in self._of(known.id))
        target = None if other is None else self._incidents[other]
        return Facts(known, members, self._tally(known.id), tuple(found), target, len(self._of(other or "")))

    def _keep(self, change: Change) -> None:
        self._incidents |= {each.id: each for each in change.incidents}
        self._notes += change.notes
        for candidate, to in change.moves:
            alert_id = candidate.member.alert_id
            if to is None:
                del self._gathered[alert_id]
            else:
                by = change.notes[0]  # whoever moves them says so
                self._gathered[alert_id] = to, Gathered(candidate.member, by.at, by.actor)

    def _alert(self, alert_id: str) -> Alert | None:
        found = self._alerts.get(alert_id)
        return None if found is None or found[0].firing_since is None else found[0]

    def _of(self, incident_id: str) -> tuple[Gathered, ...]:
        mine = (gathered for holder, gathered in self._gathered.values() if holder == incident_id)
        return tuple(self._told(each) for each in sorted(mine, key=lambda each: (each.added_at, each.member.alert_id)))

    def _holder(self, alert_id: str) -> str | None:
        if alert_id in self._gathered:
            return self._gathered[alert_id][0]
        alert = self._alert(alert_id)
        return None if alert is None or alert.parent is None else self._holder(alert.parent)

    def _explained(self, alert_id: str) -> Iterator[Alert]:
        for child in self._alerts.list(parent=alert_id, limit=MOST_CHILDREN):
            yield child
            yield from self._explained(child.id)

    def _told(self, gathered: Gathered) -> Gathered:
        alert_id = gathered.member.alert_id
        children = [*self._explained(alert_id)]
        still = sum(child.open for child in children)
        return replace(gathered, alert=self._alert(alert_id), children=len(children), children_open=still)

    def _tally(self, incident_id: str) -> Tally:
        mine = self._of(incident_id)
        return tally((each.member for each in mine), [each.alert for each in mine if each.alert is not None])

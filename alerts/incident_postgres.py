"""Keeps incidents in PostgreSQL or TimescaleDB, over a pool of connections that the caller gives and closes.

Shell: it decides nothing. A deed is one transaction that holds what it is decided on; two that put the same new alert
into two incidents meet at the table's key, and the later one is decided anew. The statements are in `incidents.sql`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final, LiteralString

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from alerts import rows
from alerts.database import Cursor, transaction
from alerts.errors import StoreRefusedError
from alerts.incident import Candidate, Did, Incident, Member, Note, Tally, member_of, tally
from alerts.incident_book import MOST_NOTES, Decide, Gathered, Whole
from alerts.incident_deeds import Change, Facts, Refusal
from alerts.model import Alert, Severity
from ingest.queries import load

SQL: Final[Mapping[str, LiteralString]] = load("alerts", "incidents.sql")
TRIES: Final = 5


class PostgresIncidents:
    """The port of `alerts.incident_book`. Raises `StoreDownError` while there is no database to reach."""

    def __init__(self, pool: ConnectionPool[Any], *, wait_s: float = 2.0) -> None:
        self._transaction = partial(transaction, pool, wait_s, "incidents")

    def act(
        self, incident: str | Incident, decide: Decide, *, alerts: Sequence[str] = (), other: str | None = None
    ) -> str | Refusal:
        """See `IncidentStore`."""
        return _again(lambda: self._act(incident, decide, alerts, other))

    def list(
        self, *, is_open: bool | None = None, alert: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> tuple[tuple[Incident, Tally], ...]:
        """See `IncidentStore`."""
        chosen = {"is_open": is_open, "alert": alert, "limit": limit, "cursor": cursor}
        with self._transaction() as found:
            return tuple((_incident(row), _tally(row)) for row in found.execute(SQL["list_incidents"], chosen))

    def get(self, incident_id: str) -> Whole | None:
        """See `IncidentStore`."""
        named = {"id": incident_id, "limit": MOST_NOTES}
        with self._transaction() as cursor:
            found = cursor.execute(SQL["get_incident"], named).fetchone()
            if found is None:
                return None
            gathered = cursor.execute(SQL["gathered"], named).fetchall()
            notes = tuple(_note(row) for row in cursor.execute(SQL["get_notes"], named))
            ids = [row["alert_id"] for row in gathered]
            alerts = {row["id"]: rows.alert(row) for row in cursor.execute(SQL["find_alerts"], {"ids": ids})}
        told = tuple(_gathered(row, alerts.get(row["alert_id"])) for row in gathered)
        return Whole(_incident(found), tally((each.member for each in told), alerts.values()), told, notes)

    def _act(self, incident: str | Incident, decide: Decide, alerts: Sequence[str], other: str | None) -> str | Refusal:
        with self._transaction() as cursor:
            facts = _facts(cursor, incident, alerts, other)
            change = facts if isinstance(facts, Refusal) else decide(facts)
            if isinstance(change, Refusal):
                return change
            if isinstance(incident, Incident):
                cursor.execute(SQL["save_incident"], _of_incident(incident))
            _keep(cursor, change)
        return incident.id if isinstance(incident, Incident) else incident


def _again(act: Callable[[], str | Refusal]) -> str | Refusal:
    """Do it; once more where another was quicker with one of its alerts."""
    for _ in range(TRIES - 1):
        try:
            return act()
        except StoreRefusedError as why:
            if not isinstance(why.__cause__, UniqueViolation):
                raise
    return act()


def _facts(cursor: Cursor, incident: str | Incident, alerts: Sequence[str], other: str | None) -> Facts | Refusal:
    """What the deed is decided on, held until the transaction ends."""
    mine = incident.id if isinstance(incident, Incident) else incident
    held = cursor.execute(SQL["hold_incidents"], {"ids": sorted({mine, other or mine})})
    known = {row["id"]: _incident(row) for row in held}
    subject = incident if isinstance(incident, Incident) else known.get(incident)
    if subject is None or (other is not None and other not in known):
        return Refusal.NO_INCIDENT
    places = cursor.execute(SQL["hold_members"], {"alerts": [*alerts], "incident": mine}).fetchall()
    members = tuple(_member(row["alert_id"], row["told"]) for row in places if row["incident_id"] == mine)
    asked = {"ids": [*{*alerts, *(member.alert_id for member in members)}]}
    still = {row["id"]: rows.alert(row) for row in cursor.execute(SQL["find_alerts"], asked)}
    if any(each not in still for each in alerts):
        return Refusal.NO_ALERT
    stands = {row["alert_id"]: row["incident_id"] for row in places}
    return Facts(
        incident=subject,
        members=members,
        tally=tally(members, [still[each.alert_id] for each in members if each.alert_id in still]),
        found=tuple(Candidate(member_of(still[each]), stands.get(each)) for each in dict.fromkeys(alerts)),
        other=None if other is None else known[other],
        other_members=0 if other is None else _count(cursor, other),
    )


def _keep(cursor: Cursor, change: Change) -> None:
    for incident in change.incidents:
        cursor.execute(SQL["save_incident"], _of_incident(incident))
    for candidate, to in sorted(change.moves, key=lambda move: move[0].member.alert_id):  # so that none waits in a ring
        by = change.notes[0]  # whoever moves them says so
        place = {"alert_id": candidate.member.alert_id, "incident_id": to, "at": rows.stamp(by.at), "actor": by.actor,
                 "told": Jsonb(_told(candidate.member))}  # fmt: skip
        cursor.execute(SQL[_way(candidate, to)], place)
    for note in change.notes:
        cursor.execute(SQL["add_note"], _of_note(note))


def _way(candidate: Candidate, to: str | None) -> str:
    """Which statement moves it."""
    if to is None:
        return "take_alert"
    return "put_alert" if candidate.stands_in is None else "move_alert"


def _count(cursor: Cursor, incident_id: str) -> int:
    found = cursor.execute(SQL["count_members"], {"id": incident_id}).fetchone()
    return 0 if found is None else int(found["alerts"])


def _incident(row: rows.Row) -> Incident:
    return Incident(
        row["id"], row["title"], rows.millis(row["opened_at"]) or 0, row["opened_by"], row["lead"],
        rows.millis(row["closed_at"]), row["closed_by"], row["summary"], row["merged_into"],
    )  # fmt: skip


def _of_incident(incident: Incident) -> dict[str, object]:
    times = {"opened_at": rows.stamp(incident.opened_at), "closed_at": rows.stamp(incident.closed_at)}
    return {**asdict(incident), **times}


def _tally(row: rows.Row) -> Tally:
    worst = None if row["worst"] is None else Severity(row["worst"])
    return Tally(tuple(row["alerts"]), row["open"], row["unacked"], worst)


def _member(alert_id: str, told: Mapping[str, Any]) -> Member:
    return Member(alert_id, **{**told, "severity": Severity(told["severity"])})


def _told(member: Member) -> dict[str, object]:
    return {name: value for name, value in asdict(member).items() if name != "alert_id"}


def _gathered(row: rows.Row, alert: Alert | None) -> Gathered:
    member = _member(row["alert_id"], row["told"])
    at = rows.millis(row["added_at"]) or 0
    return Gathered(member, at, row["added_by"], alert, row["children"], row["children_open"])


def _note(row: rows.Row) -> Note:
    alerts = tuple(_member(each.pop("alert_id"), each) for each in row["alerts"])
    at = rows.millis(row["at"]) or 0
    return Note(
        row["incident_id"], at, row["actor"], Did(row["deed"]), row["text"], row["reason"], alerts, row["other"]
    )


def _of_note(note: Note) -> dict[str, object]:
    return {**asdict(note), "at": rows.stamp(note.at), "alerts": Jsonb([asdict(each) for each in note.alerts])}

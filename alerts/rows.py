"""Turns alerts, requests and letters into rows and back: epoch milliseconds here, `timestamptz` there.

Decides nothing and asks no database.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from alerts.model import (
    Action,
    Alert,
    Announce,
    Condition,
    Mute,
    Request,
    Severity,
    Suppression,
    Transition,
    Verdict,
)
from alerts.outbox import Delivery, Letter
from alerts.store import Answer, Entry, entry_of
from alerts.suppression import Maintenance, Quiet, Scope, Silence

Row = Mapping[str, Any]  # a row as psycopg gives it: its types are the table's

_TIMES: Final = frozenset(
    [
        "since",
        "last_observed",
        "sampled_at",
        "timer",
        "firing_since",
        "cleared_at",
        "closed_at",
        "acked_at",
        "ack_until",
        "at",
        "asked_at",
        "done_at",
        "created_at",
        "due_at",
        "settled_at",
        "freed_at",
        "tell_by",
        "starts_at",
        "ends_at",
        "last_at",
    ]
)
_WORDS: Final = {
    "severity": Severity,
    "peak_severity": Severity,
    "condition": Condition,
    "verdict": Verdict,
    "action": Action,
    "announce": Announce,
    "state": Delivery,
}


def stamp(ms: int | None) -> datetime | None:
    """Epoch milliseconds as the database's time."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def millis(time: datetime | None) -> int | None:
    """The database's time as epoch milliseconds."""
    return None if time is None else round(time.timestamp() * 1000)


def of_alert(alert: Alert) -> dict[str, object]:
    """An alert's columns."""
    suppressions = Jsonb([asdict(each) for each in alert.suppressions])
    return {
        **_columns(alert),
        "title": Jsonb(dict(alert.title)),
        "value": _json(alert.value),
        "suppressions": suppressions,
    }


def of_step(step: Transition) -> dict[str, object]:
    """A timeline row's columns."""
    entry = entry_of(step)
    return {**_columns(entry), "alert_id": step.alert.id, "value": _json(entry.value)}


def of_letter(letter: Letter) -> dict[str, object]:
    """A letter's columns."""
    return {**_columns(letter), "body": Jsonb(letter.body)}


def of_answer(answer: Answer) -> dict[str, object]:
    """An answer's columns."""
    return _columns(answer)


def of_request(request: Request) -> dict[str, object]:
    """A request's columns; what only some actions take stands together in `args`."""
    args = {"until": request.until, "reason": request.reason, "text": request.text, "assignee": request.assignee}
    return {
        "id": request.id,
        "alert_id": request.alert_id,
        "action": request.action.value,
        "actor": request.actor,
        "role": request.role,
        "asked_at": stamp(request.asked_at),
        "args": Jsonb({key: value for key, value in args.items() if value is not None}),
    }


def alert(row: Row) -> Alert:
    """The alert of a row."""
    values = _values(row)
    values["suppressions"] = tuple(Suppression(**{**each, "kind": Mute(each["kind"])}) for each in row["suppressions"])
    return Alert(**values)


def entry(row: Row) -> Entry:
    """The timeline entry of a row."""
    return Entry(**_values({key: value for key, value in row.items() if key != "alert_id"}))


def letter(row: Row) -> Letter:
    """The letter of a row."""
    return Letter(**_values(row))


def answer(row: Row) -> Answer:
    """The answer of a row."""
    return Answer(**_values(row))


def request(row: Row) -> Request:
    """The request of a row."""
    asked = {key: row[key] for key in ("id", "alert_id", "action", "actor", "role", "asked_at")}
    return Request(**_values(asked), **row["args"])


def of_quiet(quiet: Quiet) -> dict[str, object]:
    """A silence's or a window's columns."""
    found = {**_columns(quiet), "scope": Jsonb({name: [*words] for name, words in asdict(quiet.scope).items()})}
    return {**found, "days": [*quiet.days]} if isinstance(quiet, Maintenance) else found


def silence(row: Row) -> Silence:
    """The silence of a row."""
    return Silence(**_quiet(row))


def window(row: Row) -> Maintenance:
    """The maintenance window of a row."""
    return Maintenance(**{**_quiet(row), "days": tuple(row["days"])})


def _quiet(row: Row) -> dict[str, Any]:
    values = _values({name: value for name, value in row.items() if name not in ("ended_at", "ended_by")})
    return {**values, "scope": Scope(**{name: tuple(words) for name, words in row["scope"].items()})}


def _columns(record: Any) -> dict[str, object]:  # noqa: ANN401 — any of our records
    named = {each.name: getattr(record, each.name) for each in fields(record)}
    return {name: stamp(value) if name in _TIMES else value for name, value in named.items()}


def _values(row: Row) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 — any column
    if value is None:
        return None
    if name in _TIMES:
        return millis(value)
    return _WORDS[name](value) if name in _WORDS else value


def _json(value: float | str | None) -> Jsonb | None:
    return None if value is None else Jsonb(value)

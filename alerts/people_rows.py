"""Turns notices, escalations and messages into rows and back: epoch milliseconds here, `timestamptz` there.

Decides nothing and asks no database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from psycopg.types.json import Jsonb

from alerts.escalation import Climb, Escalation
from alerts.letters import Message
from alerts.model import Announce, Severity
from alerts.outbox import Delivery, Letter
from alerts.people import Notice, NoticeState
from alerts.rows import millis, stamp

Row = Mapping[str, Any]  # a row as psycopg gives it: its types are the table's

_TIMES: Final = frozenset(("created_at", "due_at", "told_at", "started_at", "settled_at"))
_LETTER: Final = tuple(field.name for field in fields(Letter))


def of_notice(notice: Notice) -> dict[str, object]:
    """A notice's columns."""
    return _columns(notice)


def of_escalation(escalation: Escalation) -> dict[str, object]:
    """An escalation's columns."""
    return _columns(escalation)


def of_letter(letter: Letter) -> dict[str, object]:
    """The columns that a letter has of its message."""
    return _columns(letter)


def of_message(message: Message, alerts: Iterable[str]) -> dict[str, object]:
    """A message's columns; `alerts` are those it is about."""
    own = {"contact": message.contact, "way": message.way, "areas": [area or "" for area in message.areas]}
    return {**_columns(message.letter), **own, "alert_ids": sorted(alerts)}


def notice(row: Row) -> Notice:
    """The notice of a row."""
    words = {"announce": Announce, "severity": Severity, "state": NoticeState}
    return Notice(**_values(row, words))


def escalation(row: Row) -> Escalation:
    """The escalation of a row."""
    return Escalation(**_values(row, {"severity": Severity, "state": Climb}))


def letter(row: Row) -> Letter:
    """The letter of a message's row."""
    mine = {name: row[name] for name in _LETTER}
    return Letter(**_values(mine, {"announce": Announce, "state": Delivery}))


def message(row: Row) -> Message:
    """The message of a row."""
    return Message(letter(row), row["contact"], row["way"], tuple(area or None for area in row["areas"]))


def _columns(record: Any) -> dict[str, object]:  # noqa: ANN401 - any of our records
    named = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: _column(name, value) for name, value in named.items()}


def _column(name: str, value: Any) -> object:  # noqa: ANN401 - any of their values
    if name in _TIMES:
        return stamp(value)
    return Jsonb(value) if name == "body" else value


def _values(row: Row, words: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: millis(value) if name in _TIMES else value for name, value in row.items()}
    return {name: words[name](value) if name in words else value for name, value in plain.items()}

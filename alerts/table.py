"""THE state machine of an alert, as a table: from a state, by an event, to a state, and what people are told.

Nothing here computes: `alerts.machine` finds which event a fact is and fills in the times; docs/alerts.md
shows this table, drawn by `draw`. What the table does not name does not change the state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.model import Alert, Announce, Condition


class State(StrEnum):
    """Condition and acknowledgement together; the ISA-18.2 state stands beside each."""

    NONE = "none"  # normal
    PENDING = "pending"  # normal: bad, but not long enough to bother anyone
    FIRING = "firing"  # unacknowledged
    FIRING_ACKED = "firing, acked"  # acknowledged
    RECOVERING = "recovering"  # unacknowledged: good, but not long enough to believe it
    RECOVERING_ACKED = "recovering, acked"  # acknowledged
    CLEARED = "cleared"  # returned to normal unacknowledged: stays on the wall until seen
    RELAPSING = "cleared, relapsing"  # the same, and bad again, but not long enough
    CLEARED_ACKED = "cleared, acked"  # over and seen, but people are still to be told, once they may be
    CLOSED = "closed"  # normal


class Event(StrEnum):
    """What can happen to an alert: a verdict with its timer's answer, the passing of time, an operator's act."""

    BAD = "bad"
    RIPE = "bad for long enough"
    WORSE = "bad, more severe than ever"
    LATER = "bad for long enough, past the reopen window"
    BETWEEN = "between"
    GOOD = "good"
    SETTLED = "good for long enough"
    SETTLED_MUTED = "good for long enough, while people may not be told"
    EXPLAINED = "good for long enough, told only as part of another"
    UNKNOWN = "unknown"
    MUTED = "a suppression begins"
    ABSORBED = "another alert explains it"
    UNMUTED = "a suppression ends"
    TRUTH = "free to tell, and sure of it"
    FLAPPING = "changes all the time"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    ASSIGN = "assign"
    EXPIRED = "acknowledgement ran out"
    FORGOTTEN = "nobody looked for long enough"
    LENGTHENED = "rule's `for` was raised past its age"
    RULE_GONE = "rule removed"
    RETIRED = "device retired"
    ACK = "ack"
    ACK_MUTED = "ack or close, while people may not be told"
    UNACK = "unack"
    CLOSE = "close"
    FALSE_ALARM = "close as false alarm"


@dataclass(frozen=True, slots=True)
class Row:
    """Where an event leads, what people are owed, and how a closed alert is said to have ended.

    What is owed is said at once only where nothing suppresses it and it is news (`alerts.machine`).
    """

    after: State
    tell: Announce | None = None
    outcome: str | None = None


ACKED: Final = (State.FIRING_ACKED, State.RECOVERING_ACKED, State.CLEARED_ACKED)
FIRING: Final = (State.FIRING, State.FIRING_ACKED)
RECOVERING: Final = (State.RECOVERING, State.RECOVERING_ACKED)
HARD: Final = (*FIRING, State.CLEARED, State.CLEARED_ACKED)  # no clock of `for` or `keep` is running
WAITING: Final = (State.PENDING, State.RELAPSING)  # bad, and `for` is running

S, E, A = State, Event, Announce

_OUT_OF_USE: Final = {
    E.RULE_GONE: Row(S.CLOSED, A.WITHDRAWN, "rule_removed"),
    E.RETIRED: Row(S.CLOSED, A.WITHDRAWN, "retired"),
}
_OUT_OF_USE_UNTOLD: Final = {
    E.RULE_GONE: Row(S.CLOSED, None, "rule_removed"),
    E.RETIRED: Row(S.CLOSED, None, "retired"),
}


def _muting(here: State, truth: Row | None = None) -> Mapping[Event, Row]:
    """What suppressing does in a state: it never changes the condition; `truth` is what people are then owed."""
    stay = (E.MUTED, E.ABSORBED, E.UNMUTED, E.SHELVE, E.UNSHELVE, E.ASSIGN)
    rows = {event: Row(here) for event in stay}
    if here is not S.PENDING:
        rows[E.FLAPPING] = Row(here, A.FLAPPING)
    return rows if truth is None else {**rows, E.TRUTH: truth}


_EXPLAINED: Final = Row(S.CLOSED, None, "explained")

TABLE: Final[Mapping[State, Mapping[Event, Row]]] = {
    S.NONE: {
        E.BAD: Row(S.PENDING),
        E.RIPE: Row(S.FIRING, A.OPEN),
    },
    S.PENDING: {
        **_muting(S.PENDING),
        E.BAD: Row(S.PENDING),
        E.RIPE: Row(S.FIRING, A.OPEN),
        E.BETWEEN: Row(S.CLOSED, None, "passed"),
        E.GOOD: Row(S.CLOSED, None, "passed"),
        E.UNKNOWN: Row(S.PENDING),
        **_OUT_OF_USE_UNTOLD,
    },
    S.FIRING: {
        **_muting(S.FIRING, Row(S.FIRING, A.OPEN)),
        E.SETTLED_MUTED: Row(S.CLEARED, A.CLEAR),
        E.EXPLAINED: _EXPLAINED,
        E.BAD: Row(S.FIRING),
        E.WORSE: Row(S.FIRING, A.WORSE),
        E.BETWEEN: Row(S.FIRING),
        E.GOOD: Row(S.RECOVERING),
        E.SETTLED: Row(S.CLEARED, A.CLEAR),
        E.UNKNOWN: Row(S.FIRING),
        E.LENGTHENED: Row(S.PENDING, A.WITHDRAWN),
        E.ACK: Row(S.FIRING_ACKED),
        E.UNACK: Row(S.FIRING),
        E.FALSE_ALARM: Row(S.CLOSED, A.WITHDRAWN, "false_alarm"),
        **_OUT_OF_USE,
    },
    S.FIRING_ACKED: {
        **_muting(S.FIRING_ACKED, Row(S.FIRING_ACKED)),
        E.SETTLED_MUTED: Row(S.CLEARED_ACKED, A.CLEAR),
        E.EXPLAINED: _EXPLAINED,
        E.BAD: Row(S.FIRING_ACKED),
        E.WORSE: Row(S.FIRING, A.WORSE),
        E.BETWEEN: Row(S.FIRING_ACKED),
        E.GOOD: Row(S.RECOVERING_ACKED),
        E.SETTLED: Row(S.CLOSED, A.CLEAR, "normal"),
        E.UNKNOWN: Row(S.FIRING_ACKED),
        E.EXPIRED: Row(S.FIRING, A.REMINDER),
        E.LENGTHENED: Row(S.PENDING, A.WITHDRAWN),
        E.ACK: Row(S.FIRING_ACKED),
        E.UNACK: Row(S.FIRING),
        E.FALSE_ALARM: Row(S.CLOSED, A.WITHDRAWN, "false_alarm"),
        **_OUT_OF_USE,
    },
    S.RECOVERING: {
        **_muting(S.RECOVERING),
        E.SETTLED_MUTED: Row(S.CLEARED, A.CLEAR),
        E.EXPLAINED: _EXPLAINED,
        E.BAD: Row(S.FIRING),
        E.WORSE: Row(S.FIRING, A.WORSE),
        E.BETWEEN: Row(S.RECOVERING),
        E.GOOD: Row(S.RECOVERING),
        E.SETTLED: Row(S.CLEARED, A.CLEAR),
        E.UNKNOWN: Row(S.RECOVERING),
        E.ACK: Row(S.RECOVERING_ACKED),
        E.UNACK: Row(S.RECOVERING),
        E.FALSE_ALARM: Row(S.CLOSED, A.WITHDRAWN, "false_alarm"),
        **_OUT_OF_USE,
    },
    S.RECOVERING_ACKED: {
        **_muting(S.RECOVERING_ACKED),
        E.SETTLED_MUTED: Row(S.CLEARED_ACKED, A.CLEAR),
        E.EXPLAINED: _EXPLAINED,
        E.BAD: Row(S.FIRING_ACKED),
        E.WORSE: Row(S.FIRING, A.WORSE),
        E.BETWEEN: Row(S.RECOVERING_ACKED),
        E.GOOD: Row(S.RECOVERING_ACKED),
        E.SETTLED: Row(S.CLOSED, A.CLEAR, "normal"),
        E.UNKNOWN: Row(S.RECOVERING_ACKED),
        E.EXPIRED: Row(S.RECOVERING),
        E.ACK: Row(S.RECOVERING_ACKED),
        E.UNACK: Row(S.RECOVERING),
        E.FALSE_ALARM: Row(S.CLOSED, A.WITHDRAWN, "false_alarm"),
        **_OUT_OF_USE,
    },
    S.CLEARED: {
        **_muting(S.CLEARED, Row(S.CLEARED, A.CLEAR)),
        E.ACK_MUTED: Row(S.CLEARED_ACKED),
        E.BAD: Row(S.RELAPSING),
        E.RIPE: Row(S.FIRING, A.OPEN),
        E.LATER: Row(S.CLOSED, None, "superseded"),
        E.FORGOTTEN: Row(S.CLOSED, None, "unacknowledged"),
        E.ACK: Row(S.CLOSED, None, "normal"),
        E.CLOSE: Row(S.CLOSED, None, "normal"),
        E.FALSE_ALARM: Row(S.CLOSED, None, "false_alarm"),
        **_OUT_OF_USE_UNTOLD,
    },
    S.RELAPSING: {
        **_muting(S.RELAPSING),
        E.ACK_MUTED: Row(S.RELAPSING),
        E.BAD: Row(S.RELAPSING),
        E.RIPE: Row(S.FIRING, A.OPEN),
        E.LATER: Row(S.CLOSED, None, "superseded"),
        E.BETWEEN: Row(S.CLEARED),
        E.GOOD: Row(S.CLEARED),
        E.UNKNOWN: Row(S.RELAPSING),
        E.ACK: Row(S.PENDING),
        E.CLOSE: Row(S.PENDING),
        E.FALSE_ALARM: Row(S.CLOSED, None, "false_alarm"),
        **_OUT_OF_USE_UNTOLD,
    },
    S.CLEARED_ACKED: {
        **_muting(S.CLEARED_ACKED, Row(S.CLOSED, A.CLEAR, "normal")),
        E.BAD: Row(S.RELAPSING),
        E.RIPE: Row(S.FIRING, A.OPEN),
        E.FALSE_ALARM: Row(S.CLOSED, None, "false_alarm"),
        **_OUT_OF_USE_UNTOLD,
    },
    S.CLOSED: {},
}


def state_of(alert: Alert) -> State:
    """Where the alert stands in the table."""
    if alert.version == 0:
        return State.NONE
    match alert.condition:
        case Condition.FIRING:
            return State.FIRING_ACKED if alert.acked else State.FIRING
        case Condition.RECOVERING:
            return State.RECOVERING_ACKED if alert.acked else State.RECOVERING
        case Condition.CLEARED:
            if alert.timer is not None:
                return State.RELAPSING
            return State.CLEARED_ACKED if alert.acked else State.CLEARED
        case Condition.PENDING:
            return State.PENDING
        case Condition.CLOSED:
            return State.CLOSED


def draw() -> str:
    """The table as Markdown, for docs/alerts.md; steps that change nothing are left out."""
    lines = ["| state | event | becomes | people are told | ends as |", "|---|---|---|---|---|"]
    lines += [
        f"| {state} | {event} | {row.after} | {row.tell or ''} | {row.outcome or ''} |"
        for state, rows in TABLE.items()
        for event, row in rows.items()
        if row.after is not state or row.tell
    ]
    return "\n".join(lines) + "\n"

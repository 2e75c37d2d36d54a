"""Decides when the next level of a route hears of an alert that nobody has taken up.

Pure: an escalation and a moment in, the next escalation out. Its clock stands while the alert is suppressed, and goes
on with what was left. Acknowledging, clearing or closing the alert stops it for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from alerts.model import Severity
from alerts.routing import Route

ROUND_MS: Final = 15 * 60_000


class Climb(StrEnum):
    """Where an escalation stands."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    EXHAUSTED = "exhausted"  # everybody was told, nobody has answered: the wall shows it


@dataclass(frozen=True, slots=True)
class Escalation:
    """One alert on one route: the level told last, and when the next is due.

    `body`, `version` and `severity` are the announcement's that it repeats to each further level; `acker` is who had
    acknowledged it before.
    """

    alert_id: str
    route: str
    started_at: int
    version: int
    episode: int
    severity: Severity
    area: str | None = None
    level: int = 0
    round: int = 0
    due_at: int | None = None
    left_ms: int | None = None
    state: Climb = Climb.RUNNING
    acker: str | None = None
    body: Mapping[str, object] = field(default_factory=dict)


def begin(escalation: Escalation, route: Route, at: int) -> Escalation:
    """Level 0 is told now; the next after its delay."""
    return _wait(replace(escalation, level=0, round=0, started_at=at), route, at)


def climb(escalation: Escalation, route: Route | None, at: int) -> Escalation:
    """The next level is told now, where it is due; a route that is gone stops it."""
    if escalation.state is not Climb.RUNNING or escalation.due_at is None or escalation.due_at > at:
        return escalation
    if route is None:
        return stop(escalation)
    if escalation.level + 1 < len(route.steps):
        return _wait(replace(escalation, level=escalation.level + 1), route, at)
    return _wait(replace(escalation, level=0, round=escalation.round + 1), route, at)


def hurry(escalation: Escalation, at: int) -> Escalation:
    """Nobody at this level could be reached: the next is due now."""
    if escalation.state is not Climb.RUNNING:
        return escalation
    if escalation.due_at is None:
        return replace(escalation, state=Climb.EXHAUSTED)
    return replace(escalation, due_at=min(at, escalation.due_at))


def pause(escalation: Escalation, at: int) -> Escalation:
    """The alert is suppressed: the clock stands."""
    if escalation.state is not Climb.RUNNING:
        return escalation
    left = None if escalation.due_at is None else max(0, escalation.due_at - at)
    return replace(escalation, state=Climb.PAUSED, left_ms=left, due_at=None)


def resume(escalation: Escalation, at: int) -> Escalation:
    """It is suppressed no more: what was left is still to come."""
    if escalation.state is not Climb.PAUSED:
        return escalation
    due = None if escalation.left_ms is None else at + escalation.left_ms
    return replace(escalation, state=Climb.RUNNING, left_ms=None, due_at=due)


def stop(escalation: Escalation, *, acker: str | None = None) -> Escalation:
    """Somebody has it in hand, or it is over."""
    acker = acker or escalation.acker
    return replace(escalation, state=Climb.STOPPED, due_at=None, left_ms=None, acker=acker)


def _wait(escalation: Escalation, route: Route, at: int) -> Escalation:
    """Running until the next level's delay is over; exhausted where no level and no round is left."""
    if escalation.level + 1 < len(route.steps):
        delay = route.steps[escalation.level + 1].after_ms
    elif escalation.round < route.rounds:
        delay = route.steps[-1].after_ms or route.repeat_ms or ROUND_MS
    else:
        state = Climb.EXHAUSTED if len(route.steps) > 1 or route.rounds else Climb.RUNNING
        return replace(escalation, due_at=None, left_ms=None, state=state)
    return replace(escalation, due_at=at + delay, left_ms=None, state=Climb.RUNNING)

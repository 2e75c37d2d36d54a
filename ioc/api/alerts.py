"""Alerts with their timelines, and what operators ask of them.

A request is written down, and the engine answers it: it alone changes alerts. The answer is awaited for a moment, so
that an operator sees the result of a click; where it takes longer the request is told as accepted.
"""

import uuid
from typing import Annotated, Literal

from fastapi import Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from alerts import model
from alerts.machine import MAX_SHELF_MS
from alerts.model import Action, Severity
from ioc.accounts.model import Person, Role
from ioc.api.alert_shapes import Alert, AlertWithTimeline, alert_told, entry_told
from ioc.api.asking import answered, write_down
from ioc.api.auth import Operator, requires
from ioc.api.database import areas_below
from ioc.api.paging import Cursor, Limit, cursor_after, key_of
from ioc.api.parts import Has
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import Asked, millis

routes = router("/api/v1/alerts", "alerts")

AlertId = Annotated[str, Path(min_length=1, max_length=64)]


class AlertPage(TypedDict):
    """Alerts, newest first."""

    items: list[Alert]
    next: str | None


class Asking(BaseModel):
    """What may be said with a request: a comment; until when it holds; that it was a false alarm; whose it is to be."""

    model_config = ConfigDict(extra="forbid")
    comment: Annotated[str, Field(max_length=2000)] | None = None
    until: Asked | None = None
    reason: Literal["false_alarm"] | None = None
    assignee: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class Outcome(TypedDict):
    """A request and what came of it: `outcome` is `done`, or null while the engine has not seen it."""

    id: str
    action: Action
    outcome: str | None
    alert: AlertWithTimeline | None


@routes.get("")
def list_alerts(
    parts: Has,
    _person: Annotated[Person, requires(Role.VIEWER)],
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    area: Annotated[str | None, Query(max_length=63, description="with the areas below it")] = None,
    severity: Severity | None = None,
    device: Annotated[str | None, Query(max_length=200)] = None,
    parent: Annotated[str | None, Query(max_length=64, description="those that this alert explains")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AlertPage:
    """Alerts that ever fired, newest first."""
    with parts.pool.connection() as connection:
        areas = areas_below(connection, area)
    after = key_of("alerts", cursor, str)
    found = parts.alerts.list(
        is_open=is_open, areas=areas, severity=severity, device=device, parent=parent, limit=limit + 1, cursor=after
    )
    more = cursor_after("alerts", found[limit - 1].id) if len(found) > limit else None
    return {"items": [alert_told(alert) for alert in found[:limit]], "next": more}


@routes.get("/{alert_id}", dependencies=[requires(Role.VIEWER)])
def get_alert(alert_id: AlertId, parts: Has) -> AlertWithTimeline:
    """An alert with its timeline."""
    found = parts.alerts.get(alert_id)
    if found is None:
        raise Problem(404, f"there is no alert {alert_id}", code="no_such_alert", title="Không có cảnh báo này")
    alert, timeline = found
    return {**alert_told(alert), "timeline": [entry_told(entry) for entry in timeline]}


@routes.post("/{alert_id}/{action}", responses={202: {"description": "Written down; the engine has yet to answer"}})
async def ask(
    alert_id: AlertId,
    action: Action,
    request: Request,
    response: Response,
    person: Operator,
    parts: Has,
    given: Asking | None = None,
) -> Outcome:
    """Acknowledge an alert, shelve it, assign it, close it, comment on it, or take back the first two."""
    asked = _request(alert_id, action, person, parts.now(), given or Asking())
    await run_in_threadpool(get_alert, alert_id, parts)
    await run_in_threadpool(write_down, parts, request, person, asked)
    answer = (await answered(parts.alerts, [asked.id])).get(asked.id)
    if answer is None:
        response.status_code = 202
        return {"id": asked.id, "action": action, "outcome": None, "alert": None}
    if answer.outcome != "done":
        raise Problem(409, answer.detail or "the alert does not allow it", code=answer.outcome)
    alert = await run_in_threadpool(get_alert, alert_id, parts)
    return {"id": asked.id, "action": action, "outcome": answer.outcome, "alert": alert}


def _request(alert_id: str, action: Action, person: Person, now: int, given: Asking) -> model.Request:
    until = None if given.until is None else millis(given.until)
    if action is Action.COMMENT and not (given.comment or "").strip():
        raise Problem(422, "comment: say something")
    if until is not None and (action not in (Action.ACK, Action.SHELVE) or until <= now):
        raise Problem(422, "until: a time to come, and only with an acknowledgement or shelving")
    if action is Action.SHELVE and (until is None or until - now > MAX_SHELF_MS):
        raise Problem(422, "until: shelving needs an end, 7 days from now at most")
    if given.assignee is not None and action is not Action.ASSIGN:
        raise Problem(422, "assignee: only with assigning")
    if given.reason is not None and action is not Action.CLOSE:
        raise Problem(422, "reason: only with closing")
    return model.Request(
        id=uuid.uuid4().hex,
        alert_id=alert_id,
        action=action,
        actor=person.name,
        role=person.role,
        asked_at=now,
        until=until,
        reason=given.reason,
        text=given.comment,
        assignee=given.assignee,
    )

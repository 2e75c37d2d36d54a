"""Incidents: the affairs in which people gather alerts that belong together, and lead, comment and close as one.

What may be done is decided by `alerts.incident_deeds`. Acknowledging one asks the engine to acknowledge each of its
alerts, as the alerts' own route does: nothing here changes an alert.
"""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Final

from fastapi import Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from alerts import incident_deeds as deeds
from alerts import model
from alerts.incident import By, Incident
from alerts.incident_book import Decide, Whole
from alerts.incident_deeds import Refusal
from ioc.accounts import audit
from ioc.accounts.model import Deed, Person, Role
from ioc.api.asking import answered, write_down
from ioc.api.auth import Operator, actor, requires
from ioc.api.database import row
from ioc.api.incident_shapes import (
    Action,
    AskedDeed,
    AskedIncident,
    Asks,
    Done,
    IncidentPage,
    IncidentWhole,
    incident_told,
    misfit,
    whole_told,
)
from ioc.api.paging import Cursor, Limit, cursor_after, key_of
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import millis, timed_id, written

routes = router("/api/v1/incidents", "alerts")

IncidentId = Annotated[str, Path(min_length=1, max_length=64)]

_REFUSED: Final[Mapping[Refusal, tuple[int, str, str]]] = {
    Refusal.NO_INCIDENT: (404, "Không có sự vụ này", "there is no such incident"),
    Refusal.NO_ALERT: (422, "Có cảnh báo không tồn tại", "an alert that is named does not exist"),
    Refusal.NO_MEMBER: (409, "Cảnh báo không thuộc sự vụ này", "an alert that is named is not in this incident"),
    Refusal.CLOSED: (409, "Sự vụ đã đóng, hãy mở lại trước", "the incident is closed: reopen it first"),
    Refusal.NOT_CLOSED: (409, "Sự vụ chưa đóng", "the incident is not closed"),
    Refusal.NOT_MITIGATED: (
        409, "Còn cảnh báo đang mở; muốn đóng phải ghi rõ lý do", "alerts of it are open: force it, with a reason",
    ),
    Refusal.MERGED: (409, "Sự vụ đã gộp vào sự vụ khác", "it was merged: the other incident goes on"),
    Refusal.ITSELF: (422, "Không thể gộp một sự vụ vào chính nó", "into: an incident cannot be merged into itself"),
    Refusal.FULL: (409, "Sự vụ đã quá nhiều cảnh báo", f"an incident gathers {deeds.MAX_MEMBERS} alerts at most"),
}  # fmt: skip


@routes.get("", dependencies=[requires(Role.VIEWER)])
def list_incidents(
    parts: Has,
    is_open: Annotated[bool | None, Query(alias="open", description="those that nobody has closed")] = None,
    alert: Annotated[str | None, Query(max_length=64, description="the one it, or what explains it, is in")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> IncidentPage:
    """Incidents, newest first."""
    after = key_of("incidents", cursor, str)
    found = parts.incidents.list(is_open=is_open, alert=alert, limit=limit + 1, cursor=after)
    more = cursor_after("incidents", found[limit - 1][0].id) if len(found) > limit else None
    return {"items": [incident_told(*each) for each in found[:limit]], "next": more}


@routes.get("/{incident_id}", dependencies=[requires(Role.VIEWER)])
def get_incident(incident_id: IncidentId, parts: Has) -> IncidentWhole:
    """An incident with its alerts and its timeline."""
    return whole_told(_found(parts, incident_id))


@routes.post("", status_code=201)
def open_incident(asked: AskedIncident, request: Request, person: Operator, parts: Has) -> IncidentWhole:
    """Open an incident about some alerts. Those that are in another one move, and both timelines say so."""
    now = parts.now()
    _check_lead(parts, asked.lead)
    new = Incident(timed_id(now), asked.title, now, person.name, asked.lead)
    _note(parts, request, person, "open", new.id, asked.model_dump(exclude_none=True))
    begin = partial(deeds.begin, by=By(person.name, now))
    return whole_told(_found(parts, _kept(parts, new, begin, alerts=asked.alerts)))


@routes.post("/{incident_id}/{action}", responses={202: {"description": "The engine has yet to answer"}})
async def act(
    incident_id: IncidentId,
    action: Action,
    request: Request,
    response: Response,
    person: Operator,
    parts: Has,
    given: AskedDeed | None = None,
) -> Done:
    """Add or remove alerts; rename it, have it led, comment, acknowledge all, close, reopen, merge into another."""
    said = given or AskedDeed()
    await run_in_threadpool(_check, parts, incident_id, action, said)
    await run_in_threadpool(_note, parts, request, person, action, incident_id, _detail(said))
    acks = None
    if action is Action.ACK:
        acks = await _acknowledge(parts, request, person, incident_id, said)
        response.status_code = 202 if acks["waiting"] else 200
    else:
        decide = _decision(action, said, By(person.name, parts.now()))
        await run_in_threadpool(_kept, parts, incident_id, decide, alerts=_named(action, said), other=said.into)
    return {"action": action, "incident": await run_in_threadpool(get_incident, incident_id, parts), "acks": acks}


def _decision(action: Action, said: AskedDeed, by: By) -> Decide:
    """The deed with what was said; that all it needs was said is checked already."""
    text = said.comment or ""
    decisions: Mapping[Action, Decide] = {
        Action.ADD: partial(deeds.add, by=by),
        Action.REMOVE: partial(deeds.remove, alert_ids=said.alerts or (), by=by),
        Action.RENAME: partial(deeds.rename, title=said.title or "", by=by),
        Action.LEAD: partial(deeds.give, lead=said.lead, by=by),
        Action.COMMENT: partial(deeds.comment, text=text, by=by),
        Action.CLOSE: partial(
            deeds.close, summary=said.summary or "", by=by, forced=said.reason if said.force else None
        ),
        Action.REOPEN: partial(deeds.reopen, text=text, by=by),
        Action.MERGE: partial(deeds.merge, by=by),
    }
    return decisions[action]


def _named(action: Action, said: AskedDeed) -> list[str]:
    """The alerts that must exist: one that is taken out may be gone."""
    return said.alerts or [] if action is Action.ADD else []


async def _acknowledge(parts: Parts, request: Request, person: Person, incident_id: str, said: AskedDeed) -> Asks:
    """Ask for each open alert that nobody has acknowledged, then note it: a note without the deed would mislead."""
    whole = await run_in_threadpool(_found, parts, incident_id)
    if whole.incident.closed:
        raise _problem(Refusal.CLOSED)
    waiting = [
        each.member.alert_id for each in whole.gathered if each.alert and each.alert.open and not each.alert.acked
    ]
    asked = [_ack(alert_id, person, parts.now(), said) for alert_id in waiting]
    for each in asked:
        await run_in_threadpool(write_down, parts, request, person, each)
    by = By(person.name, parts.now())
    decide = partial(deeds.acknowledge, alert_ids=waiting, text=said.comment or "", by=by)
    await run_in_threadpool(_kept, parts, incident_id, decide)
    answers = await answered(parts.alerts, [each.id for each in asked])
    done = sum(answer.outcome == "done" for answer in answers.values())
    return {
        "asked": len(asked), "done": done, "refused": len(answers) - done, "waiting": len(asked) - len(answers),
    }  # fmt: skip


def _ack(alert_id: str, person: Person, now: int, said: AskedDeed) -> model.Request:
    until = None if said.until is None else millis(said.until)
    return model.Request(
        uuid.uuid4().hex, alert_id, model.Action.ACK, person.name, person.role, now, until=until, text=said.comment
    )


def _check(parts: Parts, incident_id: str, action: Action, said: AskedDeed) -> None:
    """Refuse what makes no sense before anything is written down."""
    if (problem := misfit(action, said)) is not None:
        raise Problem(422, problem)
    if said.until is not None and millis(said.until) <= parts.now():
        raise Problem(422, "until: a time to come", title="Thời hạn phải ở sau bây giờ")
    _check_lead(parts, said.lead)
    _found(parts, incident_id)


def _check_lead(parts: Parts, lead: str | None) -> None:
    if lead is None:
        return
    with parts.pool.connection() as connection:
        if row(connection, "works_here", {"name": lead}) is None:
            detail = "lead: there is no account of that name that may sign in"
            raise Problem(422, detail, code="no_such_account", title="Không có tài khoản này")


def _kept(
    parts: Parts, incident: str | Incident, decide: Decide, *, alerts: list[str] | None = None, other: str | None = None
) -> str:
    """Do the deed; the incident's id."""
    done = parts.incidents.act(incident, decide, alerts=alerts or (), other=other)
    if isinstance(done, Refusal):
        raise _problem(done)
    return done


def _found(parts: Parts, incident_id: str) -> Whole:
    found = parts.incidents.get(incident_id)
    if found is None:
        raise _problem(Refusal.NO_INCIDENT)
    return found


def _problem(refusal: Refusal) -> Problem:
    status, title, detail = _REFUSED[refusal]
    return Problem(status, detail, code=refusal, title=title)


def _detail(said: AskedDeed) -> dict[str, object]:
    told = said.model_dump(exclude_unset=True, exclude_none=True)
    return told if said.until is None else {**told, "until": written(said.until)}


def _note(parts: Parts, request: Request, person: Person, deed: str, target: str, detail: Mapping[str, object]) -> None:
    """The audit first: better a line too many than a deed without one."""
    with parts.pool.connection() as connection:
        audit.note(connection, actor(request, person), Deed(f"incident.{deed}", target, detail), parts.now())

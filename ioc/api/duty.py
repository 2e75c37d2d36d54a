"""Who is told: contacts and routes, who is on duty now, what was sent to whom, which alerts nobody has taken up."""

from typing import Annotated, Any, Literal

from fastapi import Query
from typing_extensions import TypedDict

from alerts.people import Contact
from alerts.roster import Duty, handover, on_duty
from alerts.routing import Route
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.database import Row, rows
from ioc.api.paging import Cursor, Limit, cursor_after, key_of
from ioc.api.parts import Has
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import Asked, Time, maybe, millis, moment, written, written_ms

routes = router("/api/v1/people", "people")


class ContactTold(TypedDict):
    """Someone who may be told; `ways` are names of channels, the preferred one first; `account`, how they sign in."""

    name: str
    account: str
    display: str
    language: str
    ways: list[str]
    quiet: bool
    messages: int
    per_s: float


class StepTold(TypedDict):
    """One level of a route."""

    to: list[str]
    after_s: float


class RouteTold(TypedDict):
    """Which alerts go to whom."""

    name: str
    areas: list[str]
    families: list[str]
    rules: list[str]
    at_least: str
    steps: list[StepTold]


class People(TypedDict):
    """Everyone who may be told, and the routes in the order they are tried."""

    contacts: list[ContactTold]
    routes: list[RouteTold]


class Handover(TypedDict):
    """When others take over, and who."""

    at: Time
    who: list[str]


class DutyNow(TypedDict):
    """A roster at a moment; `next` is null where nothing changes within a fortnight."""

    name: str
    zone: str
    who: list[str]
    next: Handover | None


class Duties(TypedDict):
    """All rosters at a moment."""

    at: Time
    items: list[DutyNow]


class MessageTold(TypedDict):
    """One message to one person by one of their ways."""

    key: str
    contact: str
    way: int
    channel: str
    alerts: list[str]
    announce: str
    title: dict[str, str]
    text: dict[str, str]
    state: str
    attempts: int
    created_at: Time
    due_at: Time
    settled_at: Time | None
    error: str | None
    receipt: str | None


class MessagePage(TypedDict):
    """Messages, newest first."""

    items: list[MessageTold]
    next: str | None


class EscalationTold(TypedDict):
    """An alert that nobody has taken up; `exhausted` when everybody was told and nobody has answered.

    `device` is its name, or its address where it has none.
    """

    alert: str
    title: dict[str, str]
    device: str | None
    route: str
    since: Time
    severity: str
    area: str | None
    level: int
    round: int
    state: str
    next: Time | None


class Escalations(TypedDict):
    """The longest first."""

    items: list[EscalationTold]


@routes.get("/contacts", dependencies=[requires(Role.OPERATOR)])
def contacts(parts: Has) -> People:
    """Who may be told of what."""
    plan = parts.plan
    return {
        "contacts": [_contact(each) for each in plan.contacts.values()],
        "routes": [_route(each) for each in plan.routes.values()],
    }


@routes.get("/duty", dependencies=[requires(Role.VIEWER)])
def duty(parts: Has, at: Asked | None = None) -> Duties:
    """Who is on duty, now or at a moment."""
    when = parts.now() if at is None else millis(at)
    return {"at": written_ms(when), "items": [_duty(each, when) for each in parts.plan.duties.values()]}


@routes.get("/messages", dependencies=[requires(Role.OPERATOR)])
def messages(
    parts: Has,
    contact: Annotated[str | None, Query(max_length=63)] = None,
    state: Literal["queued", "leased", "sent", "failed", "cancelled"] | None = None,
    alert: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> MessagePage:
    """What was sent to whom, and how it went."""
    wanted = {"contact": contact, "state": state, "alert": alert, "limit": limit + 1, **_after(cursor)}
    with parts.pool.connection() as connection:
        found = rows(connection, "list_messages", wanted)
    more = None
    if len(found) > limit:
        last = found[limit - 1]
        more = cursor_after("messages", f"{millis(last['created_at'])}:{last['key']}")
    return {"items": [_message(each) for each in found[:limit]], "next": more}


@routes.get("/escalations", dependencies=[requires(Role.OPERATOR)])
def escalations(
    parts: Has, alert: Annotated[str | None, Query(max_length=64)] = None, limit: Limit = 100
) -> Escalations:
    """The alerts that nobody has taken up."""
    with parts.pool.connection() as connection:
        found = rows(connection, "list_escalations", {"alert": alert, "limit": limit})
    return {"items": [_escalation(each) for each in found]}


def _after(cursor: str | None) -> dict[str, Any]:
    key = key_of("messages", cursor, str)
    if key is None:
        return {"before_at": None, "before_key": None}
    at, _, name = key.partition(":")
    if not at.isdecimal() or len(at) > 15:
        raise Problem(422, "the cursor is not one of this list (messages)", code="bad_cursor")
    return {"before_at": moment(int(at)), "before_key": name}


def _contact(contact: Contact) -> ContactTold:
    return {
        "name": contact.name,
        "account": contact.account or contact.name,
        "display": contact.display or contact.name,
        "language": contact.language,
        "ways": [*contact.ways],
        "quiet": contact.quiet is not None,
        "messages": contact.limit.messages,
        "per_s": contact.limit.per_ms / 1000,
    }


def _route(route: Route) -> RouteTold:
    return {
        "name": route.name,
        "areas": sorted(route.areas),
        "families": sorted(route.families),
        "rules": sorted(route.rules),
        "at_least": route.at_least.value,
        "steps": [{"to": [*step.to], "after_s": step.after_ms / 1000} for step in route.steps],
    }


def _duty(found: Duty, when: int) -> DutyNow:
    then = handover(found, when)
    return {
        "name": found.name,
        "zone": str(found.zone),
        "who": [*on_duty(found, when)],
        "next": None if then is None else {"at": written_ms(then[0]), "who": [*then[1]]},
    }


def _message(each: Row) -> MessageTold:
    return {
        "key": each["key"],
        "contact": each["contact"],
        "way": each["way"],
        "channel": each["channel"],
        "alerts": each["alert_ids"],
        "announce": each["announce"],
        "title": each["title"],
        "text": each["text"],
        "state": each["state"],
        "attempts": each["attempts"],
        "created_at": written(each["created_at"]),
        "due_at": written(each["due_at"]),
        "settled_at": maybe(each["settled_at"]),
        "error": each["error"],
        "receipt": each["receipt"],
    }


def _escalation(each: Row) -> EscalationTold:
    return {
        "alert": each["alert_id"],
        "title": each["title"] or {},
        "device": each["device"],
        "route": each["route"],
        "since": written(each["started_at"]),
        "severity": each["severity"],
        "area": each["area"],
        "level": each["level"],
        "round": each["round"],
        "state": each["state"],
        "next": maybe(each["due_at"]),
    }

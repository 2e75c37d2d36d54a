"""Signing in and out, and one's own password."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from ioc.accounts import access, audit, passwords, store
from ioc.accounts.model import Actor, Deed, Person, Role, account_name
from ioc.api.auth import SESSION_COOKIE, WALL_COOKIE, Viewer, actor, cookie, network_address, requires
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem, refused
from ioc.api.routing import router

routes = router("/api/v1", "session")

Secret = Annotated[str, Field(min_length=1, max_length=passwords.LONGEST)]


class Credentials(BaseModel):
    """What someone signs in with."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=64)]
    password: Secret


class NewPassword(BaseModel):
    """The password in force, and the one to come."""

    model_config = ConfigDict(extra="forbid")
    current: Secret
    new: Secret


class Session(TypedDict):
    """Who looks: `in_person` with a password, else with a token; `must_change` asks for a password of one's own."""

    name: str
    role: Role
    in_person: bool
    must_change: bool


@routes.post("/session")
def sign_in(given: Credentials, request: Request, response: Response, parts: Has) -> Session:
    """Sign in: sets the session's cookie."""
    now, address = parts.now(), network_address(request)
    name = account_name(given.name) or ""
    if wait := parts.throttle.wait_ms(name, address, now):
        raise _slow_down(wait)
    person = store.check(parts.pool, name, given.password)
    if person is None:
        parts.throttle.failed(name, address, now)
        _note(parts, Actor(name or "?", None, address), Deed("session.refused"), now)
        raise Problem(
            401, "name or password is not right", code="wrong_credentials", title="Tên hoặc mật khẩu không đúng"
        )
    parts.throttle.succeeded(name, address)
    secret = access.open_session(parts.pool, Actor(person.name, person.role, address), person, now)
    response.headers.append("Set-Cookie", cookie(SESSION_COOKIE, secret, https=parts.https))
    return _told(person)


@routes.get("/session")
def who(person: Viewer) -> Session:
    """Who is signed in."""
    return _told(person)


@routes.delete("/session", status_code=204)
def sign_out(request: Request, person: Viewer, parts: Has) -> Response:
    """Sign out: ends the session here and in the database."""
    response = Response(status_code=204)
    if secret := request.cookies.get(SESSION_COOKIE):
        access.close_session(parts.pool, actor(request, person), secret, parts.now())
    for name in (SESSION_COOKIE, WALL_COOKIE):
        response.headers.append("Set-Cookie", cookie(name, "", https=parts.https, max_age=0))
    return response


@routes.post("/account/password", status_code=204)
def choose_password(
    given: NewPassword,
    request: Request,
    person: Annotated[Person, requires(Role.VIEWER, in_person=True)],
    parts: Has,
) -> Response:
    """Choose a password of one's own; ends one's other sessions."""
    now, address = parts.now(), network_address(request)
    if wait := parts.throttle.wait_ms(person.name, address, now):
        raise _slow_down(wait)
    keep = access.fingerprint(request.cookies[SESSION_COOKIE])
    denied = store.choose_password(parts.pool, actor(request, person), person, given.current, given.new, keep, now)
    if denied is None:
        return Response(status_code=204)
    if denied.reason == "wrong_password":
        parts.throttle.failed(person.name, address, now)
    raise refused(denied)


def _told(person: Person) -> Session:
    return {"name": person.name, "role": person.role, "in_person": person.signed_in, "must_change": person.must_change}


def _note(parts: Parts, who_: Actor, deed: Deed, now: int) -> None:
    with parts.pool.connection() as connection:
        audit.note(connection, who_, deed, now)


def _slow_down(wait_ms: int) -> Problem:
    seconds = -(-wait_ms // 1000)
    headers: Mapping[str, str] = {"Retry-After": str(seconds)}
    return Problem(429, f"too many wrong attempts: try again in {seconds} s", code="slow_down", headers=headers)

"""Who is asking, and whether they may: the one dependency that every route declares its least role with."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends
from fastapi.requests import HTTPConnection

from ioc.accounts import access
from ioc.accounts.model import Actor, Person, Role, Via
from ioc.api.guard import SAFE
from ioc.api.parts import Parts
from ioc.api.problems import Problem

SESSION_COOKIE: Final = "ioc_session"
WALL_COOKIE: Final = "ioc_wall"
YEAR_S: Final = 400 * 24 * 3600  # the longest that browsers keep a cookie

_LOCAL: Final = frozenset(("127.0.0.1", "::1"))


@dataclass(frozen=True, slots=True)
class Least:
    """A route's least role. `in_person`: a script's token does not do; `local`: this machine itself may without."""

    role: Role
    in_person: bool = False
    local: bool = False

    def __call__(self, connection: HTTPConnection) -> Person:
        """The person asking, or a `Problem`: 401 for nobody, 403 for one who may not."""
        if self.local and _from_here(connection):
            return Person("local", Role.VIEWER, 0, Via.SCRIPT)
        person = identify(connection)
        if person is None:
            raise Problem(401, "sign in, or send a token", headers={"WWW-Authenticate": "Bearer"})
        self.admit(person, connection.scope.get("method", "GET"))
        return person

    def admit(self, person: Person, method: str) -> None:
        """Raise the `Problem` of one who may not."""
        if person.via is Via.WALL and method not in SAFE:
            raise Problem(403, "the token of a wall only looks", code="read_only")
        if not person.role.covers(self.role):
            raise Problem(403, f"this needs the role {self.role}; you have {person.role}", code="role_too_low")
        if self.in_person and not person.signed_in:
            raise Problem(403, "this needs a person who signed in, not a token", code="not_in_person")


def requires(role: Role, *, in_person: bool = False, local: bool = False) -> Any:  # noqa: ANN401 - as `fastapi.Depends` itself
    """What a route declares its least role with: in `dependencies`, or annotating a parameter of type `Person`."""
    return Depends(Least(role, in_person=in_person, local=local))


Viewer = Annotated[Person, requires(Role.VIEWER)]
Operator = Annotated[Person, requires(Role.OPERATOR)]
Supervisor = Annotated[Person, requires(Role.SUPERVISOR)]
Admin = Annotated[Person, requires(Role.ADMIN)]


def identify(connection: HTTPConnection) -> Person | None:
    """Who asks: by bearer token if there is one (then by nothing else), by session, by a wall's cookie."""
    parts: Parts = connection.app.state.parts
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    now = parts.now()
    if scheme:
        return _bearer(parts, secret.strip(), now) if scheme.lower() == "bearer" else None
    if (secret := connection.cookies.get(SESSION_COOKIE, "")) and (
        person := access.by_session(parts.pool, secret, now)
    ):
        return person
    secret = connection.cookies.get(WALL_COOKIE, "")
    person = access.by_token(parts.pool, secret, now) if secret else None
    return person if person is not None and person.via is Via.WALL else None


def _bearer(parts: Parts, secret: str, now: int) -> Person | None:
    return parts.inner.person(secret, now) or access.by_token(parts.pool, secret, now)


def network_address(connection: HTTPConnection) -> str:
    """Where a request came from, as the server in front of us tells."""
    return connection.client.host if connection.client else ""


def actor(connection: HTTPConnection, person: Person) -> Actor:
    """The person as the audit names them."""
    name = f"{person.name} (token)" if person.via is Via.SCRIPT else person.name
    return Actor(name, person.role, network_address(connection))


def cookie(name: str, value: str, *, https: bool, max_age: int | None = None) -> str:
    """A `Set-Cookie` header: for us alone, never for scripts in a page, nor along with other sites' posts."""
    words = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    words += ["Secure"] if https else []
    words += [] if max_age is None else [f"Max-Age={max_age}"]
    return "; ".join(words)


def _from_here(connection: HTTPConnection) -> bool:
    """From this machine and not on behalf of another: a proxy beside us says for whom it asks."""
    passed_on = any(name in connection.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
    return network_address(connection) in _LOCAL and not passed_on

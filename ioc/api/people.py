"""Accounts, tokens and the audit."""

from typing import Annotated

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from ioc.accounts import access, audit, store
from ioc.accounts.audit import Row
from ioc.accounts.model import Denied, Person, Role, Via, account_name
from ioc.api.auth import Viewer, actor, requires
from ioc.api.paging import Cursor, Limit, cursor_after, key_of
from ioc.api.parts import Has
from ioc.api.problems import Problem, refused
from ioc.api.routing import router
from ioc.api.session import Secret
from ioc.api.times import Asked, Time, maybe, millis, written

routes = router("/api/v1", "accounts")

YEAR_MS = 365 * 24 * 3_600_000

InPerson = Annotated[Person, requires(Role.VIEWER, in_person=True)]
AdminInPerson = Annotated[Person, requires(Role.ADMIN, in_person=True)]


class Account(TypedDict):
    """Someone who may sign in."""

    name: str
    role: Role
    enabled: bool
    must_change: bool
    created_at: Time


class Accounts(TypedDict):
    """All accounts; there are few."""

    items: list[Account]


class NewAccount(BaseModel):
    """An account to make; its owner must change the password at the first sign-in."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=63)]
    role: Role
    password: Secret


class AccountChange(BaseModel):
    """What to change of an account; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    role: Role | None = None
    enabled: bool | None = None
    password: Secret | None = None


class NewToken(BaseModel):
    """A token to make. A script's ends at `expires` (a year from now where not told), a wall's when revoked."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Via = Via.SCRIPT
    role: Role = Role.VIEWER
    expires: Asked | None = None


class Token(TypedDict):
    """A token, without its secret."""

    id: int
    kind: Via
    name: str
    role: Role
    owner: str
    created_at: Time
    expires: Time | None
    used_at: Time | None


class Tokens(TypedDict):
    """Tokens that are not revoked."""

    items: list[Token]


class MadeToken(TypedDict):
    """A new token: `token` is told this once. A wall opens `path` once and is signed in from then on."""

    id: int
    token: str
    path: str | None


class AuditLine(TypedDict):
    """One thing that somebody did."""

    at: Time
    actor: str
    role: Role | None
    action: str
    target: str
    detail: dict[str, object]
    address: str


class AuditPage(TypedDict):
    """Lines, newest first."""

    items: list[AuditLine]
    next: str | None


@routes.get("/accounts", dependencies=[requires(Role.ADMIN)])
def list_accounts(parts: Has) -> Accounts:
    """Every account."""
    return {"items": [_account(row) for row in store.all_accounts(parts.pool)]}


@routes.post("/accounts", status_code=201)
def add_account(given: NewAccount, request: Request, person: AdminInPerson, parts: Has) -> Account:
    """Make an account."""
    name = account_name(given.name)
    if name is None:
        raise refused(Denied("bad_name", "Tên chỉ gồm chữ thường, số và . _ -", "a name is made of a-z, 0-9 and . _ -"))
    made = store.add(parts.pool, actor(request, person), name, given.role, given.password, parts.now())
    return _account(_done(made))


@routes.patch("/accounts/{name}")
def change_account(
    name: Annotated[str, Path(max_length=63)], given: AccountChange, request: Request, person: AdminInPerson, parts: Has
) -> Account:
    """Change role, password or whether it may sign in; one admin always stays."""
    changed = store.change(
        parts.pool,
        actor(request, person),
        name,
        parts.now(),
        role=given.role,
        enabled=given.enabled,
        password=given.password,
    )
    return _account(_done(changed))


@routes.get("/tokens")
def list_tokens(person: Viewer, parts: Has) -> Tokens:
    """One's own tokens; for an admin, everybody's."""
    return {"items": [_token(row) for row in access.tokens(parts.pool, _whose(person))]}


@routes.post("/tokens", status_code=201)
def add_token(given: NewToken, request: Request, person: InPerson, parts: Has) -> MadeToken:
    """Make a token for a script, or (supervisors) for a wall."""
    now = parts.now()
    if given.kind is Via.SESSION:
        raise Problem(422, "kind: script or wall")
    if not person.role.covers(Role.SUPERVISOR if given.kind is Via.WALL else given.role):
        raise Problem(403, "a token may not do more than you; a wall's needs a supervisor", code="role_too_low")
    expires = now + YEAR_MS if given.expires is None else millis(given.expires)
    if expires <= now:
        raise Problem(422, "expires: lies in the past")
    wall = given.kind is Via.WALL
    role, until = (Role.VIEWER, None) if wall else (given.role, expires)
    wanted = access.Grant(given.kind, given.name, role, until)
    number, secret = access.grant(parts.pool, actor(request, person), person, wanted, now)
    return {"id": number, "token": secret, "path": f"/?token={secret}" if wall else None}


@routes.delete("/tokens/{number}", status_code=204)
def revoke_token(
    number: Annotated[int, Path(ge=1, lt=2**31)], request: Request, person: InPerson, parts: Has
) -> Response:
    """Revoke one's own token; an admin, anybody's."""
    if not access.revoke(parts.pool, actor(request, person), number, _whose(person), parts.now()):
        raise Problem(404, "there is no such token of yours")
    return Response(status_code=204)


@routes.get("/audit", dependencies=[requires(Role.SUPERVISOR)])
def read_audit(
    parts: Has,
    limit: Limit = 100,
    cursor: Cursor = None,
    who: Annotated[str | None, Query(alias="actor", max_length=100)] = None,
    action: Annotated[str | None, Query(max_length=100)] = None,
) -> AuditPage:
    """What people did, newest first."""
    before = key_of("audit", cursor, int)
    with parts.pool.connection() as connection:
        rows = audit.lines(connection, limit + 1, before=before, actor=who, action=action)
    more = cursor_after("audit", rows[limit - 1]["id"]) if len(rows) > limit else None
    return {"items": [_line(row) for row in rows[:limit]], "next": more}


def _done(result: Row | Denied) -> Row:
    if isinstance(result, Denied):
        status = {"name_taken": 409, "last_admin": 409, "no_such_account": 404}.get(result.reason, 422)
        raise refused(result, status)
    return result


def _whose(person: Person) -> int | None:
    return None if person.role is Role.ADMIN else person.account_id


def _account(row: Row) -> Account:
    return {
        "name": row["name"],
        "role": row["role"],
        "enabled": row["enabled"],
        "must_change": row["must_change"],
        "created_at": written(row["created_at"]),
    }


def _token(row: Row) -> Token:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "name": row["name"],
        "role": row["role"],
        "owner": row["owner"],
        "created_at": written(row["created_at"]),
        "expires": maybe(row["expires_at"]),
        "used_at": maybe(row["used_at"]),
    }


def _line(row: Row) -> AuditLine:
    return {
        "at": written(row["at"]),
        "actor": row["actor"],
        "role": row["role"],
        "action": row["action"],
        "target": row["target"],
        "detail": row["detail"],
        "address": row["address"],
    }

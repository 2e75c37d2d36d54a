"""Sessions and tokens: the secrets that stand for a person, kept only as hashes.

Decides how long each lives and what a token may: never more than the account behind it may now, and a wall's only
look. 256 random bits need no slow hash.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from psycopg.rows import dict_row

from ingest.queries import load
from ioc.accounts import audit
from ioc.accounts.audit import Row, moment
from ioc.accounts.model import Actor, Deed, Person, Role, Via
from ioc.accounts.store import Pool

_SQL = load("ioc.accounts")

SESSION: Final = timedelta(hours=12)
SLIDE: Final = timedelta(minutes=5)  # a session in use is written this often, not at every request
WALL_UNUSED: Final = timedelta(days=90)
PREFIX: Final = "ioc_"  # so that scanners for leaked secrets know ours


@dataclass(frozen=True, slots=True)
class Grant:
    """What a new token is to be. `expires_at` in epoch ms; None for a wall's."""

    kind: Via
    name: str
    role: Role
    expires_at: int | None


def fingerprint(secret: str) -> bytes:
    """A secret as it is kept."""
    return hashlib.sha256(secret.encode()).digest()


def open_session(pool: Pool, actor: Actor, person: Person, now: int) -> str:
    """A new session's secret, for the cookie."""
    secret = secrets.token_urlsafe(32)
    at = moment(now)
    values = {
        "hash": fingerprint(secret),
        "account_id": person.account_id,
        "now": at,
        "expires_at": at + SESSION,
        "address": actor.address,
    }
    with pool.connection() as connection:
        connection.execute(_SQL["forget_sessions"], {"now": at})
        connection.execute(_SQL["open_session"], values)
        audit.note(connection, actor, Deed("session.open"), now)
    return secret


def close_session(pool: Pool, actor: Actor, secret: str, now: int) -> None:
    """Sign out."""
    with pool.connection() as connection:
        connection.execute(_SQL["close_session"], {"hash": fingerprint(secret)})
        audit.note(connection, actor, Deed("session.close"), now)


def by_session(pool: Pool, secret: str, now: int) -> Person | None:
    """Who a cookie stands for; its life slides on."""
    at, key = moment(now), fingerprint(secret)
    with pool.connection() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        row = cursor.execute(_SQL["session_person"], {"hash": key, "now": at}).fetchone()
        if row is None:
            return None
        if at + SESSION - row["expires_at"] >= SLIDE:
            connection.execute(_SQL["slide_session"], {"hash": key, "expires_at": at + SESSION})
    return Person(row["name"], Role(row["role"]), row["account_id"], must_change=row["must_change"])


def by_token(pool: Pool, secret: str, now: int) -> Person | None:
    """Who a token stands for: the account for a script, a screen for a wall."""
    at = moment(now)
    wanted = {"hash": fingerprint(secret), "now": at, "unused_since": at - WALL_UNUSED}
    with pool.connection() as connection:
        row = connection.cursor(row_factory=dict_row).execute(_SQL["token_person"], wanted).fetchone()
        if row is None:
            return None
        if row["used_at"] is None or at - row["used_at"] > timedelta(minutes=1):
            connection.execute(_SQL["use_token"], {"id": row["token_id"], "now": at})
    if row["kind"] == Via.WALL:
        return Person(f"wall:{row['token_name']}", Role.VIEWER, row["account_id"], Via.WALL)
    least = min(Role(row["role"]), Role(row["token_role"]), key=lambda role: role.rank)
    return Person(row["name"], least, row["account_id"], Via.SCRIPT)


def grant(pool: Pool, actor: Actor, person: Person, wanted: Grant, now: int) -> tuple[int, str]:
    """Make a token: its number and its secret, told this once."""
    secret = PREFIX + secrets.token_urlsafe(32)
    values = {
        "hash": fingerprint(secret),
        "kind": wanted.kind,
        "name": wanted.name,
        "role": wanted.role,
        "account_id": person.account_id,
        "now": moment(now),
        "expires_at": None if wanted.expires_at is None else moment(wanted.expires_at),
    }
    with pool.connection() as connection:
        made = connection.execute(_SQL["add_token"], values).fetchone()
        audit.note(connection, actor, Deed("token.add", wanted.name, {"kind": wanted.kind, "role": wanted.role}), now)
    assert made is not None  # noqa: S101 - an INSERT … RETURNING without a conflict clause gives its row
    return made[0], secret


def tokens(pool: Pool, account_id: int | None) -> Sequence[Row]:
    """Tokens not revoked, of one account or of all."""
    with pool.connection() as connection:
        return connection.cursor(row_factory=dict_row).execute(_SQL["tokens"], {"account_id": account_id}).fetchall()


def revoke(pool: Pool, actor: Actor, token: int, account_id: int | None, now: int) -> bool:
    """End a token, of one account or of any; False where there is none."""
    wanted = {"id": token, "account_id": account_id, "now": moment(now)}
    with pool.connection() as connection:
        gone = connection.execute(_SQL["revoke_token"], wanted).fetchone()
        if gone is None:
            return False
        audit.note(connection, actor, Deed("token.revoke", gone[0], {"kind": gone[1], "id": token}), now)
    return True

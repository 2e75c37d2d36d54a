"""Accounts in the database: checking passwords, making and changing accounts.

Each change notes its audit line in the same transaction. Expected refusals are `Denied` values. Who may ask for what
is decided above; throttling too.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from ingest.queries import load
from ioc.accounts import audit, passwords
from ioc.accounts.audit import Row
from ioc.accounts.model import Actor, Deed, Denied, Person, Role

_SQL = load("ioc.accounts")

Pool = ConnectionPool[Connection[Any]]

_TAKEN = Denied("name_taken", "Tên tài khoản đã có", "an account of that name exists")
_NO_SUCH = Denied("no_such_account", "Không có tài khoản này", "there is no account of that name")
_LAST_ADMIN = Denied(
    "last_admin", "Phải còn ít nhất một quản trị viên", "this is the last admin: make another one first"
)
_WRONG = Denied("wrong_password", "Mật khẩu hiện tại không đúng", "the current password is not right")


def check(pool: Pool, name: str, password: str) -> Person | None:
    """The account's person where name and password are right; takes the same time where the name is unknown."""
    kept = _account(pool, name)
    right = passwords.matches(kept["password"] if kept else None, password)
    if kept is None or not right or not kept["enabled"]:
        return None
    if passwords.outdated(kept["password"]):
        fresh = {"password": passwords.hashed(password), "before": kept["password"], "account_id": kept["id"]}
        with pool.connection() as connection:
            connection.execute(_SQL["rehash"], fresh)
    return Person(kept["name"], Role(kept["role"]), kept["id"], must_change=kept["must_change"])


def all_accounts(pool: Pool) -> Sequence[Row]:
    """Every account, without secrets."""
    with pool.connection() as connection:
        return connection.cursor(row_factory=dict_row).execute(_SQL["all_accounts"]).fetchall()


def add(pool: Pool, actor: Actor, name: str, role: Role, password: str, now: int) -> Row | Denied:
    """Make an account; its owner must change the password at the first sign-in."""
    if denied := passwords.objection(name, password):
        return denied
    values = {"name": name, "role": role, "password": passwords.hashed(password)}
    with pool.connection() as connection:
        made = connection.cursor(row_factory=dict_row).execute(_SQL["add_account"], values).fetchone()
        if made is None:
            return _TAKEN
        audit.note(connection, actor, Deed("account.add", name, {"role": role}), now)
    return made


def change(
    pool: Pool, actor: Actor, name: str, now: int, *, role: Role | None, enabled: bool | None, password: str | None
) -> Row | Denied:
    """Change what is given. A new password or a disabled account ends its sessions; one admin always stays."""
    if password is not None and (denied := passwords.objection(name, password)):
        return denied
    hashed = None if password is None else passwords.hashed(password)
    values = {"name": name, "role": role, "enabled": enabled, "password": hashed}
    told = {"role": role, "enabled": enabled, "password": "set" if password else None}
    with pool.connection() as connection:
        loses = enabled is False or (role is not None and role is not Role.ADMIN)
        if loses and connection.execute(_SQL["lock_admins"]).fetchall() == [(name,)]:
            return _LAST_ADMIN
        changed = connection.cursor(row_factory=dict_row).execute(_SQL["change_account"], values).fetchone()
        if changed is None:
            return _NO_SUCH
        if hashed is not None or enabled is False:
            connection.execute(_SQL["close_sessions"], {"account_id": changed["id"], "but": None})
        deed = Deed("account.change", name, {word: value for word, value in told.items() if value is not None})
        audit.note(connection, actor, deed, now)
    return changed


def choose_password(
    pool: Pool, actor: Actor, person: Person, current: str, new: str, keep: bytes | None, now: int
) -> Denied | None:
    """The owner's new password; ends the account's other sessions (`keep` is the hash of this one)."""
    kept = _account(pool, person.name)
    if not passwords.matches(kept["password"] if kept else None, current):
        return _WRONG
    if denied := passwords.objection(person.name, new):
        return denied
    values = {"password": passwords.hashed(new), "account_id": person.account_id}
    with pool.connection() as connection:
        connection.execute(_SQL["choose_password"], values)
        connection.execute(_SQL["close_sessions"], {"account_id": person.account_id, "but": keep})
        audit.note(connection, actor, Deed("account.password", person.name), now)
    return None


def _account(pool: Pool, name: str) -> Row | None:
    with pool.connection() as connection:
        return connection.cursor(row_factory=dict_row).execute(_SQL["account_by_name"], {"name": name}).fetchone()

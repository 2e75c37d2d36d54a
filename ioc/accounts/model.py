"""The words of accounts: roles in their order, who is asking, and what was kept of them. Values only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Role(StrEnum):
    """What someone may do; each may all that the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """0 for a viewer to 3 for an admin."""
        return tuple(Role).index(self)

    def covers(self, least: "Role") -> bool:
        """Whether this role suffices where `least` is asked for."""
        return self.rank >= least.rank


class Via(StrEnum):
    """How someone proved who they are."""

    SESSION = "session"
    SCRIPT = "script"  # a bearer token
    WALL = "wall"  # a token that only looks


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asking: an account's session, or a token acting for the account that made it."""

    name: str
    role: Role
    account_id: int
    via: Via = Via.SESSION
    must_change: bool = False

    @property
    def signed_in(self) -> bool:
        """Whether a person with a password sits there, not a script or a screen."""
        return self.via is Via.SESSION


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the audit: what was done to what. `detail` holds no secrets."""

    action: str
    target: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did a deed, as the audit keeps it. `role` is None for one who was not signed in."""

    name: str
    role: Role | None
    address: str  # of the network


@dataclass(frozen=True, slots=True)
class Denied:
    """Why something about an account cannot be: a word for programs, sentences for people in both languages."""

    reason: str
    vi: str
    en: str


def account_name(text: str) -> str | None:
    """The name as kept, or None where it cannot be one."""
    name = text.strip().lower()
    return name if NAME.fullmatch(name) else None

"""The words of those who are told: contacts with their ways, quiet hours and limits; what each of them is owed.

Values only; times are epoch milliseconds, times of day minutes after midnight. Who is owed what is `alerts.owing`'s
decision, when and in which message `alerts.gathering`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Final

from alerts.model import Announce, Severity

ZONE: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Viet Nam's clock: no summer time since 1975, so that it needs no table, which bare systems lack."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which only what is at least `at_least` may disturb; what else comes waits for the morning."""

    begins: int
    ends: int
    at_least: Severity = Severity.CRITICAL
    zone: tzinfo = ZONE


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many messages within a span; beyond it, alerts wait and are gathered into one."""

    messages: int = 6
    per_ms: int = 600_000


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone who is told. `ways` are names of channels, the preferred one first; each is theirs alone."""

    name: str
    ways: tuple[str, ...]
    display: str = ""
    language: str = "vi"
    quiet: Quiet | None = None
    limit: Limit = Limit()
    account: str | None = None  # the name they sign in with, where it differs

    def is_account(self, name: str) -> bool:
        """Whether this is the contact of the account."""
        return name == (self.account or self.name)


class NoticeState(StrEnum):
    """Where a notice stands."""

    WAITING = "waiting"
    HELD = "held"  # its alert is suppressed: it waits for that to end
    TOLD = "told"  # in a message; the alert has not ended for this contact yet
    ENDED = "ended"  # told, and its end too
    DROPPED = "dropped"  # acknowledged or over before anyone was told, or not wanted


@dataclass(frozen=True, slots=True)
class Notice:
    """That one contact is owed word of one step of one alert. `body` is what `alerts.wording` made of the step."""

    key: str
    contact: str
    alert_id: str
    version: int
    episode: int
    announce: Announce
    route: str
    level: int
    severity: Severity
    created_at: int
    due_at: int
    body: Mapping[str, object] = field(default_factory=dict)
    area: str | None = None
    state: NoticeState = NoticeState.WAITING
    message: str | None = None  # the key of the message that told it
    told_at: int | None = None
    rests: bool = False  # acknowledged or suppressed: no reminder is due

    @property
    def waits(self) -> bool:
        """Not told and not dropped yet."""
        return self.state in (NoticeState.WAITING, NoticeState.HELD)

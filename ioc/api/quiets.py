"""Silences and maintenance windows: who is to be left in peace about what, and until when.

Written down here; the engine takes them up within a second. Nothing is deleted: ending one early is kept with its
author.
"""

from typing import Annotated, Final, Literal

from fastapi import Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from alerts.suppression import Maintenance, Quiet, Scope, Silence
from ingest.model import FAMILIES
from ioc.accounts import audit
from ioc.accounts.model import Deed, Person, Role
from ioc.api.auth import Operator, actor, requires
from ioc.api.paging import Cursor, Limit, cursor_after, key_of
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import Asked, Time, maybe_ms, millis, timed_id, written_ms

routes = router("/api/v1", "alerts")

MAX_SILENCE_MS: Final = 30 * 86_400_000
Word = Annotated[str, Field(min_length=1, max_length=200)]
QuietId = Annotated[str, Path(min_length=1, max_length=64)]
Day = Annotated[int, Field(ge=0, le=6)]
Live = Annotated[bool, Query(description="only those in force or to come, and all of them")]


class AskedScope(BaseModel):
    """What is covered: whoever fits every list that is given. An area covers those below it."""

    model_config = ConfigDict(extra="forbid")
    areas: Annotated[list[Word], Field(max_length=200)] = []
    families: Annotated[list[Literal[FAMILIES]], Field(max_length=10)] = []  # type: ignore[valid-type]
    devices: Annotated[list[Word], Field(max_length=1000)] = []
    rules: Annotated[list[Word], Field(max_length=200)] = []


class AskedSilence(BaseModel):
    """A silence to come: now, where no start is given."""

    model_config = ConfigDict(extra="forbid")
    scope: AskedScope
    starts_at: Asked | None = None
    ends_at: Asked
    reason: Annotated[str, Field(min_length=3, max_length=500)]


class AskedWindow(BaseModel):
    """Planned work: once, or again on `days` of the week (0 is Monday) by the clock of `zone`."""

    model_config = ConfigDict(extra="forbid")
    scope: AskedScope
    starts_at: Asked
    minutes: Annotated[int, Field(ge=1, le=10_080)]
    reason: Annotated[str, Field(min_length=3, max_length=500)]
    days: Annotated[list[Day], Field(max_length=7)] = []
    zone: Literal["Asia/Ho_Chi_Minh", "UTC"] = "Asia/Ho_Chi_Minh"
    last_at: Asked | None = None


class ScopeTold(TypedDict):
    """What is covered."""

    areas: list[str]
    families: list[str]
    devices: list[str]
    rules: list[str]


class QuietTold(TypedDict):
    """A silence or a maintenance window; `active` says whether it is in force now.

    `next_from` and `next_to` are the time it is in force, else the next time; null when there is none within nine days.
    """

    id: str
    scope: ScopeTold
    starts_at: Time
    ends_at: Time | None
    minutes: int | None
    days: list[int]
    zone: str | None
    last_at: Time | None
    author: str
    reason: str
    active: bool
    next_from: Time | None
    next_to: Time | None
    ended_at: Time | None
    ended_by: str | None


class QuietPage(TypedDict):
    """Silences or windows, newest first."""

    items: list[QuietTold]
    next: str | None


@routes.get("/silences", dependencies=[requires(Role.VIEWER)])
def list_silences(parts: Has, limit: Limit = 100, cursor: Cursor = None, live: Live = False) -> QuietPage:
    """Silences, newest first, with those that are over."""
    return _live(parts, Silence) if live else _page(parts, Silence, "silences", limit, cursor)


@routes.post("/silences", status_code=201)
def add_silence(asked: AskedSilence, request: Request, person: Operator, parts: Has) -> QuietTold:
    """Ask for quiet about some alerts until a time. Evaluation goes on; the truth is told once, afterwards."""
    now = parts.now()
    starts_at, ends_at = now if asked.starts_at is None else millis(asked.starts_at), millis(asked.ends_at)
    if not max(now, starts_at) < ends_at <= starts_at + MAX_SILENCE_MS:
        detail = "ends_at: a time to come, after the start, 30 days later at most"
        raise Problem(422, detail, title="Lúc hết phải ở sau lúc bắt đầu và sau bây giờ, lâu nhất là 30 ngày")
    silence = Silence(timed_id(now), _scope(asked.scope), starts_at, ends_at, person.name, asked.reason)
    return _added(parts, request, person, silence)


@routes.delete("/silences/{quiet_id}", status_code=204)
def end_silence(quiet_id: QuietId, request: Request, person: Operator, parts: Has) -> None:
    """End a silence early."""
    _end(parts, request, person, Silence, quiet_id)


@routes.get("/maintenance", dependencies=[requires(Role.VIEWER)])
def list_maintenance(parts: Has, limit: Limit = 100, cursor: Cursor = None, live: Live = False) -> QuietPage:
    """Maintenance windows, newest first, with those called off."""
    return _live(parts, Maintenance) if live else _page(parts, Maintenance, "maintenance", limit, cursor)


@routes.post("/maintenance", status_code=201)
def add_maintenance(asked: AskedWindow, request: Request, person: Operator, parts: Has) -> QuietTold:
    """Plan work during which nobody is told of the trouble it makes."""
    now, starts_at, length = parts.now(), millis(asked.starts_at), asked.minutes * 60_000
    last_at = None if asked.last_at is None else millis(asked.last_at)
    if not asked.days and starts_at + length <= now:
        raise Problem(422, "starts_at: the window is over before it begins", title="Đợt bảo trì này đã qua rồi")
    if last_at is not None and (not asked.days or last_at < starts_at):
        title = "Ngày lặp cuối chỉ dùng khi có thứ trong tuần, và phải sau ngày đầu"
        raise Problem(422, "last_at: only with days, and after the start", title=title)
    window = Maintenance(
        timed_id(now), _scope(asked.scope), starts_at, length, person.name, asked.reason,
        tuple(sorted(set(asked.days))), asked.zone, last_at,
    )  # fmt: skip
    return _added(parts, request, person, window)


@routes.delete("/maintenance/{quiet_id}", status_code=204)
def end_maintenance(quiet_id: QuietId, request: Request, person: Operator, parts: Has) -> None:
    """Call a maintenance window off."""
    _end(parts, request, person, Maintenance, quiet_id)


def _scope(asked: AskedScope) -> Scope:
    scope = Scope(tuple(asked.areas), tuple(asked.families), tuple(asked.devices), tuple(asked.rules))
    if scope.empty:
        detail = "scope: name areas, families, devices or rules; nothing means nothing here, not everything"
        raise Problem(
            422, detail, title="Hãy chọn khu vực, loại, luật hoặc thiết bị; không chọn gì không phải là tất cả"
        )
    return scope


def _page(parts: Parts, kind: type[Quiet], name: str, limit: int, cursor: str | None) -> QuietPage:
    after = key_of(name, cursor, str)
    found = parts.alerts.list_quiets(kind, limit=limit + 1, cursor=after)
    more = cursor_after(name, found[limit - 1][0].id) if len(found) > limit else None
    return {"items": [_told(*kept, parts.now()) for kept in found[:limit]], "next": more}


def _live(parts: Parts, kind: type[Quiet]) -> QuietPage:
    now = parts.now()
    kept = [quiet for quiet in parts.alerts.quiets(now) if isinstance(quiet, kind)]
    return {"items": [_told(quiet, None, None, now) for quiet in reversed(kept)], "next": None}


def _added(parts: Parts, request: Request, person: Person, quiet: Quiet) -> QuietTold:
    _note(parts, request, person, f"{_name(type(quiet))}.add", quiet.id, {"reason": quiet.reason})
    parts.alerts.add_quiet(quiet)
    return _told(quiet, None, None, parts.now())


def _end(parts: Parts, request: Request, person: Person, kind: type[Quiet], quiet_id: str) -> None:
    _note(parts, request, person, f"{_name(kind)}.end", quiet_id, {})
    if not parts.alerts.end_quiet(kind, quiet_id, person.name, parts.now()):
        raise Problem(404, f"there is no {_name(kind)} {quiet_id} to end", code="no_such_quiet")


def _name(kind: type[Quiet]) -> str:
    return "silence" if kind is Silence else "maintenance"


def _note(parts: Parts, request: Request, person: Person, deed: str, target: str, detail: dict[str, str]) -> None:
    """The audit first: better a line too many than a deed without one."""
    with parts.pool.connection() as connection:
        audit.note(connection, actor(request, person), Deed(deed, target, detail), parts.now())


def _next(quiet: Quiet, now: int) -> tuple[int, int] | tuple[None, None]:
    """From when to when it is in force, else the next time."""
    span, start = quiet.occurrence(now), quiet.next_start(now)
    if span is not None or start is None:
        return span or (None, None)
    return start, start + (quiet.length_ms if isinstance(quiet, Maintenance) else quiet.ends_at - quiet.starts_at)


def _told(quiet: Quiet, ended_at: int | None, ended_by: str | None, now: int) -> QuietTold:
    work = quiet if isinstance(quiet, Maintenance) else None
    next_from, next_to = _next(quiet, now) if ended_at is None else (None, None)
    return {
        "id": quiet.id,
        "scope": {
            "areas": [*quiet.scope.areas],
            "families": [*quiet.scope.families],
            "devices": [*quiet.scope.devices],
            "rules": [*quiet.scope.rules],
        },
        "starts_at": written_ms(quiet.starts_at),
        "ends_at": written_ms(quiet.ends_at) if isinstance(quiet, Silence) else None,
        "minutes": None if work is None else work.length_ms // 60_000,
        "days": [] if work is None else [*work.days],
        "zone": None if work is None else work.zone,
        "last_at": None if work is None else maybe_ms(work.last_at),
        "author": quiet.author,
        "reason": quiet.reason,
        "active": ended_at is None and quiet.occurrence(now) is not None,
        "next_from": maybe_ms(next_from),
        "next_to": maybe_ms(next_to),
        "ended_at": maybe_ms(ended_at),
        "ended_by": ended_by,
    }

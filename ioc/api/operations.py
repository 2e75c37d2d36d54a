"""How the centre itself fares: alive, ready, the account of messages, what could not be used, the families."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Query, Response
from typing_extensions import TypedDict

from ingest.family import families
from ingest.topics import split
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.database import Row, like, row, rows, tuples
from ioc.api.paging import Cursor, Limit, cursor_after, key_of
from ioc.api.parts import Has
from ioc.api.routing import router
from ioc.api.times import Time, written

routes = router("", "operations")


class Alive(TypedDict):
    """We answer."""

    status: str


class Part(TypedDict):
    """One part: ready, or what is wrong with it."""

    ready: bool
    problem: str | None


class Ready(TypedDict):
    """Every part; `ready` when all are."""

    ready: bool
    parts: dict[str, Part]


class Settled(TypedDict):
    """What became of messages: `received = stored + duplicate + ignored + quarantined + shed`."""

    received: int
    stored: int
    duplicate: int
    ignored: int
    quarantined: int
    shed: int
    seq_gaps: int


class Hour(Settled):
    """The messages settled in one hour."""

    hour: Time


class SinceStart(Settled):
    """The newest ingest's account: to what is settled comes `in_flight`, and of these, `spooled` to disk."""

    started_at: Time
    in_flight: int
    spooled: int


class Ledger(TypedDict):
    """The account of every message; hours newest first."""

    since_start: SinceStart | None
    hours: list[Hour]
    all_time: Settled


class Quarantined(TypedDict):
    """A message that could not be used. `device` is None where its topic names none."""

    id: int
    received_at: Time
    topic: str
    device: str | None
    reason: str
    detail: str
    bytes: int
    head: str


class QuarantinePage(TypedDict):
    """Messages, newest first, and how many there are by reason, device and topic (the 200 worst topics)."""

    items: list[Quarantined]
    next: str | None
    by_reason: dict[str, int]
    by_device: dict[str, int]
    by_topic: dict[str, int]


class FamilyName(TypedDict):
    """A kind of equipment, and how people call it."""

    slug: str
    vi: str
    en: str
    interval_s: float
    figures: list[str]


class FamilyNames(TypedDict):
    """All kinds."""

    items: list[FamilyName]


@routes.get("/healthz")
async def healthz() -> Alive:
    """Whether this process answers at all."""
    return {"status": "ok"}


@routes.get("/readyz", responses={503: {"description": "Some part is not ready", "model": Ready}})
def readyz(parts: Has, response: Response) -> Ready:
    """Whether every part is ready; 503 where one is not."""
    problems = {name: probe() for name, probe in parts.readiness.items()}
    ready = not any(problems.values())
    response.status_code = 200 if ready else 503
    told: dict[str, Part] = {name: {"ready": not bad, "problem": bad or None} for name, bad in problems.items()}
    return {"ready": ready, "parts": told}


@routes.get("/api/v1/ledger", dependencies=[requires(Role.VIEWER)])
def ledger(parts: Has, hours: Annotated[int, Query(ge=1, le=1000)] = 48) -> Ledger:
    """What came in and what became of it."""
    with parts.pool.connection() as connection:
        run = row(connection, "newest_run")
        by_hour = rows(connection, "ledger_hours", {"hours": hours})
        everything = rows(connection, "ledger_all")[0]
    return {
        "since_start": None if run is None else _since_start(run),
        "hours": [{"hour": written(each["hour"]), **_settled(each)} for each in by_hour],
        "all_time": _settled(everything),
    }


@routes.get("/api/v1/quarantine", dependencies=[requires(Role.VIEWER)])
def quarantine(
    parts: Has,
    reason: Annotated[str | None, Query(max_length=63)] = None,
    topic: Annotated[str | None, Query(max_length=200, description="part of the topic")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> QuarantinePage:
    """What could not be used, and why."""
    wanted = {
        "before": key_of("quarantine", cursor, int),
        "reason": reason,
        "like": like(topic),
        "limit": limit + 1,
    }
    with parts.pool.connection() as connection:
        found = rows(connection, "quarantine_page", wanted)
        reasons = dict(tuples(connection, "quarantine_reasons"))
        topics = dict(tuples(connection, "quarantine_topics"))
    return {
        "items": [_quarantined(each) for each in found[:limit]],
        "next": cursor_after("quarantine", found[limit - 1]["id"]) if len(found) > limit else None,
        "by_reason": reasons,
        "by_device": _by_device(topics.items()),
        "by_topic": topics,
    }


@routes.get("/api/v1/families", dependencies=[requires(Role.VIEWER)])
def list_families() -> FamilyNames:
    """The kinds of equipment, with their names."""
    return {
        "items": [
            {"slug": kind.slug, "vi": kind.vi, "en": kind.en, "interval_s": kind.interval_s, "figures": [*kind.figures]}
            for kind in families().values()
        ]
    }


def _settled(account: Row) -> Settled:
    return {
        "received": account["received"],
        "stored": account["stored"],
        "duplicate": account["duplicate"],
        "ignored": account["ignored"],
        "quarantined": account["quarantined"],
        "shed": account["shed"],
        "seq_gaps": account["seq_gaps"],
    }


def _since_start(run: Row) -> SinceStart:
    return {
        "started_at": written(run["started_at"]),
        **_settled(run),
        "in_flight": run["in_flight"],
        "spooled": run["spooled"],
    }


def _quarantined(each: Row) -> Quarantined:
    return {
        "id": each["id"],
        "received_at": written(each["received_at"]),
        "topic": each["topic"],
        "device": _device_of(each["topic"]),
        "reason": each["reason"],
        "detail": each["detail"],
        "bytes": each["bytes"],
        "head": each["head"],
    }


def _device_of(topic: str) -> str | None:
    native = split(topic)
    return None if native is None else native[0]


def _by_device(topics: Iterable[tuple[str, int]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for topic, count in topics:
        if device := _device_of(topic):
            counts[device] = counts.get(device, 0) + count
    return counts

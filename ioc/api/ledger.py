"""The account of messages: in all, by hour, by device; and what could not be used, with its reasons."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query
from typing_extensions import TypedDict

from ingest.topics import split
from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.database import Row, like, row, rows, tuples
from ioc.api.paging import Cursor, Limit, cursor_after, key_of
from ioc.api.parts import Has, Parts
from ioc.api.routing import router
from ioc.api.times import Time, moment, written
from ioc.echoes import Health, Latency, Leg
from ioc.probe import SelfProbe

routes = router("", "ledger")

Hours = Annotated[int, Query(ge=1, le=1000, description="how far back")]


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


class Reason(TypedDict):
    """How many messages could not be used for one reason: within the hours asked for, and ever."""

    reason: str
    in_hours: int
    all_time: int


class LatencyMs(TypedDict):
    """Milliseconds from publishing a marked sample: the newest, and percentiles of the last hundred."""

    count: int
    lost: int
    last: float | None
    p50: float | None
    p95: float | None


class Probed(TypedDict):
    """The self-probe of this process: `stored` is told after the commit, `live` by a client of the live stream."""

    health: Health
    leg: Leg | None
    every_s: float
    sent: int
    stored: LatencyMs
    live: LatencyMs


class Ledger(TypedDict):
    """The account of every message; hours newest first, reasons by how often they came. No `probe`: none runs here."""

    since_start: SinceStart | None
    hours: list[Hour]
    all_time: Settled
    reasons: list[Reason]
    probe: Probed | None


class Troubles(TypedDict):
    """What went wrong with messages: settled otherwise than as stored or ignored, or never heard."""

    duplicate: int
    quarantined: int
    shed: int
    seq_gaps: int


class TroubledHour(Troubles):
    """The same in one hour."""

    hour: Time


class TroubledDevice(Troubles):
    """One device: its sums, and its hours, oldest first. Where topics name no device, `address` is the topic."""

    address: str
    name: str | None
    hours: list[TroubledHour]


class TroubledDevices(TypedDict):
    """The devices with the most trouble since `since`, the most troubled first; `devices` says how many have any."""

    since: Time
    devices: int
    items: list[TroubledDevice]


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


@routes.get("/api/v1/ledger", dependencies=[requires(Role.VIEWER)])
def ledger(parts: Has, hours: Hours = 48) -> Ledger:
    """What came in and what became of it."""
    with parts.pool.connection() as connection:
        run = row(connection, "newest_run")
        by_hour = rows(connection, "ledger_hours", {"hours": hours})
        everything = rows(connection, "ledger_all")[0]
        reasons = rows(connection, "ledger_reasons", {"since": _since(parts, hours)})
    return {
        "since_start": None if run is None else _since_start(run),
        "hours": [{"hour": written(each["hour"]), **_settled(each)} for each in by_hour],
        "all_time": _settled(everything),
        "reasons": [_reason(each) for each in reasons],
        "probe": None if parts.probe is None or not parts.probe.every_s else _probed(parts.probe),
    }


@routes.get("/api/v1/ledger/devices", dependencies=[requires(Role.VIEWER)])
def ledger_devices(parts: Has, hours: Hours = 24, limit: Limit = 100) -> TroubledDevices:
    """The devices that repeat themselves, send what cannot be used, or lose messages; the worst first."""
    since = _since(parts, hours)
    with parts.pool.connection() as connection:
        found = rows(connection, "ledger_devices", {"since": since, "limit": limit})
    return {
        "since": written(since),
        "devices": found[0]["devices"] if found else 0,
        "items": [_troubled(each) for each in found],
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


def _since(parts: Parts, hours: int) -> datetime:
    """The beginning of the hour that began `hours - 1` hours before this one."""
    now = moment(parts.now())
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)


def _reason(each: Row) -> Reason:
    return {"reason": each["reason"], "in_hours": each["in_hours"], "all_time": each["all_time"]}


def _probed(probe: SelfProbe) -> Probed:
    sent, lost, took = probe.numbers()
    verdict = probe.verdict
    return {
        "health": verdict.health,
        "leg": verdict.leg,
        "every_s": probe.every_s,
        "sent": sent,
        "stored": _latency(took[Leg.STORED], lost[Leg.STORED]),
        "live": _latency(took[Leg.LIVE], lost[Leg.LIVE]),
    }


def _latency(took: Latency, lost: int) -> LatencyMs:
    last, p50, p95 = (None if value is None else round(value, 1) for value in (took.last, took.p50, took.p95))
    return {"count": took.count, "lost": lost, "last": last, "p50": p50, "p95": p95}


def _troubled(each: Row) -> TroubledDevice:
    hours: list[TroubledHour] = [
        {"hour": written(hour), "duplicate": repeats, "quarantined": refused, "shed": shed, "seq_gaps": gaps}
        for hour, repeats, refused, shed, gaps in zip(
            each["hours"], each["duplicates"], each["quarantines"], each["sheds"], each["gaps"], strict=True
        )
    ]
    return {
        "address": each["address"],
        "name": each["name"],
        "duplicate": each["duplicate"],
        "quarantined": each["quarantined"],
        "shed": each["shed"],
        "seq_gaps": each["seq_gaps"],
        "hours": hours,
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

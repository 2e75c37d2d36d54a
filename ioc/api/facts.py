"""The three facts of a device for the API, in one place.

From the live registry where it is in this process, else judged from what the ingest last kept. It never decides the
rules of presence: those are `ingest.presence`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from psycopg import Connection

from ingest.family import families
from ingest.model import Latest, Presence, View
from ingest.presence import Facts, Hearing, judge
from ioc.api.database import Row, row, rows
from ioc.api.parts import Parts
from ioc.api.times import millis

DEAF_MS: Final = 30_000  # the ingest keeps its account every 5 s; six times none, and it is not running
USUAL_S: Final = 60.0  # how often a device of no known family reports


class State(StrEnum):
    """The facts in one word, worst first; the four facts beside it say more."""

    RETIRED = "retired"
    PENDING = "pending"
    UNKNOWN = "unknown"
    OFFLINE = "offline"  # said so, or the broker did
    SILENT = "silent"  # not heard for three intervals
    DEGRADED = "degraded"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a device stands now."""

    presence: Presence
    latest: Mapping[str, Latest]
    last_heard: int | None
    live: bool  # as the running ingest sees it, not as last kept


Standings = Callable[[Row], Standing]


def state_of(admission: str, presence: Presence) -> State:
    """The facts in one word."""
    if admission in (State.RETIRED, State.PENDING):
        return State(admission)
    if presence.unknown:
        return State.UNKNOWN
    if presence.connected is False:
        return State.OFFLINE
    if not presence.fresh:
        return State.SILENT
    return State.DEGRADED if presence.working is False else State.ONLINE


def standings(parts: Parts, connection: Connection[Any]) -> Standings:
    """What tells how each device stands; asks the connection for more only when the live registry lacks a device."""
    views = parts.views() if parts.views is not None else {}
    kept = cache(lambda: _kept(connection, parts.now()))
    return lambda device: _live(views[device["address"]]) if device["address"] in views else kept()(device)


def _live(view: View) -> Standing:
    return Standing(view.presence, view.latest, view.last_heard, live=True)


def _kept(connection: Connection[Any], now: int) -> Standings:
    hearing = _hearing(row(connection, "hearing"), now)
    gateways = {gateway["address"]: gateway for gateway in rows(connection, "gateways")}
    presences = {address: judge(_facts(gateway), None, hearing, now) for address, gateway in gateways.items()}

    def standing(device: Row) -> Standing:
        parent = None if device["gateway"] == device["address"] else presences.get(device["gateway"])
        facts = _facts(device)
        latest = {metric: Latest(value, ts) for metric, (value, ts) in device["latest"].items()}
        return Standing(judge(facts, parent, hearing, now), latest, facts.heard, live=False)

    return standing


def _hearing(run: Row | None, now: int) -> Hearing:
    """How well the centre hears, by the newest ingest's own account."""
    if run is None:
        return Hearing(now, deaf_since=now)
    kept = millis(run["kept_at"])
    deaf = not run["hearing"] or now - kept > DEAF_MS
    return Hearing(millis(run["started_at"]), deaf_since=kept if deaf else None)


def _facts(device: Row) -> Facts:
    family = families().get(device["address"].split("/")[1])
    interval_s = device["interval_s"] or (family.interval_s if family else USUAL_S)
    heard = None if device["heard_at"] is None else millis(device["heard_at"])
    return Facts(device["state"], device["state_reason"], heard, round(interval_s * 1000))

"""The registry: devices with their latest values and facts; admitting, retiring, moving and renaming them."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request
from psycopg import Connection
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from alerts.domains import Grounds
from alerts.suppression import Maintenance
from ingest.model import Latest
from ioc.accounts import audit
from ioc.accounts.model import Deed, Role
from ioc.api.auth import Supervisor, actor, requires
from ioc.api.database import SQL, Row, areas_below, like, row, rows
from ioc.api.facts import Standing, Standings, State, standings, state_of
from ioc.api.paging import Cursor, Limit, cursor_after, key_of
from ioc.api.parts import Has
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import Time, maybe_ms, written, written_ms
from ioc.planned import going_on
from ioc.rulebooks import parents

routes = router("/api/v1/devices", "devices")

Slug = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,63}$")]
MetricValue = float | int | bool | str | None


class LatestValue(TypedDict):
    """A metric's newest value, and when it was taken."""

    value: MetricValue
    ts: Time


class Device(TypedDict):
    """A device. `connected`, `fresh`, `working` are separate facts; where `unknown`, they are the last known ones."""

    address: str
    site: str
    family: str
    device: str
    name: str | None
    admission: str
    state: State
    connected: bool | None
    fresh: bool
    working: bool | None
    unknown: bool
    reason: str
    since: Time | None
    last_heard: Time | None
    latest: dict[str, LatestValue]
    maker: str | None
    model: str | None
    fw: str | None
    lat: float | None
    lon: float | None
    area: str | None
    area_name: str | None
    gateway: str | None
    interval_s: float | None
    metrics: dict[str, dict[str, MetricValue]]
    commands: list[str]
    enrolled_at: Time


class WorkTold(TypedDict):
    """Planned work that goes on at a device: until when, whose, and why."""

    until: Time
    author: str
    reason: str


class DeviceWithWork(Device):
    """A device, and the planned work that keeps it out of service now."""

    maintenance: list[WorkTold]


class DevicePage(TypedDict):
    """Devices in the order of their addresses."""

    items: list[Device]
    next: str | None


class DeviceChange(BaseModel):
    """What to change of a device; what is left out stays. `area: null` takes it out of its area."""

    model_config = ConfigDict(extra="forbid")
    admission: Literal["admitted", "retired"] | None = None
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    area: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")] | None = None

    def onto(self, record: Row) -> Row:
        """The record as it would be after this."""
        changed = {name: getattr(self, name) for name in self.model_fields_set}
        return {
            "admission": changed.get("admission") or record["admission"],
            "name": changed.get("name") or record["name"],
            "area": changed.get("area", record["area"]),
        }


@routes.get("", dependencies=[requires(Role.VIEWER)])
def list_devices(
    parts: Has,
    family: Annotated[str | None, Query(max_length=63)] = None,
    area: Annotated[str | None, Query(max_length=63, description="with the areas below it")] = None,
    state: State | None = None,
    q: Annotated[str | None, Query(max_length=100, description="part of the address or the name")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DevicePage:
    """Devices with their latest values and facts."""
    after = key_of("devices", cursor, str) or ""
    with parts.pool.connection() as connection:
        wanted = {"family": family, "areas": areas_below(connection, area), "like": like(q), "after": after}
        standing = standings(parts, connection)
        found = _found(connection, wanted, limit + 1, standing, lambda device: state in (None, device["state"]))
    more = cursor_after("devices", found[limit - 1]["address"]) if len(found) > limit else None
    return {"items": found[:limit], "next": more}


@routes.get("/{site}/{family}/{device}", dependencies=[requires(Role.VIEWER)])
def get_device(site: Slug, family: Slug, device: Slug, parts: Has) -> DeviceWithWork:
    """One device, with the planned work that goes on at it."""
    address = f"{site}/{family}/{device}"
    with parts.pool.connection() as connection:
        found = row(connection, "device", {"address": address})
        if found is None:
            raise unknown_device(address)
        known = told(found, standings(parts, connection)(found))
        areas = Grounds(parents(connection)).areas(known["area"])
    now = parts.now()
    works = going_on(parts.alerts.quiets(now), address, areas, now)
    return {**known, "maintenance": [_work(*each) for each in works]}


@routes.patch("/{site}/{family}/{device}")
def change_device(
    site: Slug, family: Slug, device: Slug, given: DeviceChange, request: Request, person: Supervisor, parts: Has
) -> DeviceWithWork:
    """Admit, retire, move or rename a device. Its address, and with it its history, never changes."""
    address = f"{site}/{family}/{device}"
    with parts.pool.connection() as connection:
        before = row(connection, "record", {"address": address})
        if before is None:
            raise unknown_device(address)
        after = given.onto(before)
        if after["area"] is not None and row(connection, "area_exists", after) is None:
            raise Problem(422, f"there is no area {after['area']!r}", code="no_such_area")
        if after != before:
            steps = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
            held = [name for name in steps if name != "admission"]  # a birth must not undo what a person decided
            connection.execute(SQL["change_device"], {"address": address, "held": held, **after})
            audit.note(connection, actor(request, person), Deed("device.change", address, steps), parts.now())
    return get_device(site, family, device, parts)


def unknown_device(address: str) -> Problem:
    """The answer where there is no such device."""
    return Problem(404, f"there is no device {address}", code="no_such_device", title="Không có thiết bị này")


def told(device: Row, standing: Standing) -> Device:
    """A device as the API tells it."""
    site, family, slug = device["address"].split("/")
    presence = standing.presence
    return {
        "address": device["address"],
        "site": site,
        "family": family,
        "device": slug,
        "name": device["name"],
        "admission": device["admission"],
        "state": state_of(device["admission"], presence),
        "connected": presence.connected,
        "fresh": presence.fresh,
        "working": presence.working,
        "unknown": presence.unknown,
        "reason": presence.reason,
        "since": written_ms(presence.since) if standing.live else None,
        "last_heard": maybe_ms(standing.last_heard),
        "latest": _latest(standing.latest),
        "maker": device["maker"],
        "model": device["model"],
        "fw": device["fw"],
        "lat": device["lat"],
        "lon": device["lon"],
        "area": device["area"],
        "area_name": device["area_name"],
        "gateway": device["gateway"],
        "interval_s": device["interval_s"],
        "metrics": device["metrics"],
        "commands": device["commands"],
        "enrolled_at": written(device["enrolled_at"]),
    }


def _work(planned: Maintenance, until: int) -> WorkTold:
    return {"until": written_ms(until), "author": planned.author, "reason": planned.reason}


def _latest(latest: Mapping[str, Latest]) -> dict[str, LatestValue]:
    return {metric: {"value": known.value, "ts": written_ms(known.ts)} for metric, known in sorted(latest.items())}


def _found(
    connection: Connection[Any], wanted: Row, limit: int, standing: Standings, keep: Callable[[Device], bool]
) -> list[Device]:
    """Up to `limit` devices to keep; facts are judged here and not in SQL, so pages are read until there are enough."""
    found: list[Device] = []
    after, step = wanted["after"], limit
    while len(found) < limit:
        page = rows(connection, "devices_page", {**wanted, "after": after, "limit": step})
        found += [device for each in page if keep(device := told(each, standing(each)))]
        if len(page) < step:
            break
        after, step = page[-1]["address"], max(limit, 1000)
    return found[:limit]

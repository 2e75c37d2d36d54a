"""Areas, and devices on the map, as JSON and as GeoJSON (RFC 7946: WGS 84, longitude first)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from fastapi import Query, Response
from typing_extensions import TypedDict

from ioc.accounts.model import Role
from ioc.api.auth import requires
from ioc.api.database import Row, areas_below, rows
from ioc.api.facts import Standing, standings, state_of
from ioc.api.parts import Has, Parts
from ioc.api.routing import router
from ioc.api.times import Asked, moment

routes = router("/api/v1", "map")

EVERY = 1_000_000  # rows; a map has all of them
GEOJSON: dict[int | str, dict[str, Any]] = {200: {"content": {"application/geo+json": {}}}}


class Area(TypedDict):
    """A place that devices stand in, from a day until before another, when it `becomes` a further area."""

    slug: str
    name: str
    parent: str | None
    lat: float | None
    lon: float | None
    valid_from: str | None
    valid_to: str | None
    becomes: str | None
    devices: int


class Areas(TypedDict):
    """Areas, parents before their parts; `devices` counts those that stood there then and were not retired."""

    items: list[Area]


At = Annotated[Asked | None, Query(description="as things were then; else as they are now")]
Every = Annotated[bool, Query(description="also areas that ended before, or had not begun")]


@routes.get("/areas", dependencies=[requires(Role.VIEWER)])
def list_areas(parts: Has, at: At = None, every: Every = False) -> Areas:
    """The areas of a moment with the number of devices standing in them."""
    return {"items": [_area(area) for area in _found(parts, at, every=every)]}


@routes.get("/areas.geojson", dependencies=[requires(Role.VIEWER)], response_class=Response, responses={**GEOJSON})
def areas_geojson(parts: Has, at: At = None, every: Every = False) -> Response:
    """Areas as features: their boundary where one was imported, else their point."""
    found = _found(parts, at, every=every)
    return _collection([
        {
            "type": "Feature",
            "id": area["slug"],
            "geometry": area["boundary"] or _point(area),
            "properties": {name: value for name, value in _area(area).items() if name not in ("lat", "lon")},
        }
        for area in found
    ])  # fmt: skip


@routes.get(
    "/map/devices.geojson", dependencies=[requires(Role.VIEWER)], response_class=Response, responses={**GEOJSON}
)
def devices_geojson(
    parts: Has,
    family: Annotated[str | None, Query(max_length=63)] = None,
    area: Annotated[str | None, Query(max_length=63, description="with the areas below it")] = None,
) -> Response:
    """Devices as features, retired ones left out; one that nobody located has no geometry."""
    with parts.pool.connection() as connection:
        wanted = {"family": family, "areas": areas_below(connection, area), "like": None, "after": "", "limit": EVERY}
        standing = standings(parts, connection)
        found = [row for row in rows(connection, "devices_page", wanted) if row["admission"] != "retired"]
        features = [_device(row, standing(row)) for row in found]
    return _collection(features)


def _found(parts: Parts, at: datetime | None, *, every: bool) -> Sequence[Row]:
    with parts.pool.connection() as connection:
        return rows(connection, "areas", {"at": at or moment(parts.now()), "every": every})


def _device(row: Row, standing: Standing) -> Row:
    presence = standing.presence
    return {
        "type": "Feature",
        "id": row["address"],
        "geometry": _point(row),
        "properties": {
            "address": row["address"],
            "name": row["name"],
            "family": row["address"].split("/")[1],
            "area": row["area"],
            "admission": row["admission"],
            "state": state_of(row["admission"], presence),
            "connected": presence.connected,
            "fresh": presence.fresh,
            "working": presence.working,
            "unknown": presence.unknown,
        },
    }


def _area(row: Row) -> Area:
    return {
        "slug": row["slug"],
        "name": row["name"],
        "parent": row["parent"],
        "lat": row["lat"],
        "lon": row["lon"],
        "valid_from": _day(row["valid_from"]),
        "valid_to": _day(row["valid_to"]),
        "becomes": row["becomes"],
        "devices": row["devices"],
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _point(row: Row) -> Row | None:
    if row["lat"] is None or row["lon"] is None:
        return None
    return {"type": "Point", "coordinates": [row["lon"], row["lat"]]}


def _collection(features: Sequence[Row]) -> Response:
    body = msgspec.json.encode({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json")

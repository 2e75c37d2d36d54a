"""What anybody may have without signing in, where the site file publishes it: areas, public devices, public figures.

Each file is made at most once an hour: whoever asks more often is given the one that is there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Request, Response
from psycopg import Connection

from ingest.scalars import HOME_ZONE
from ioc.api.database import rows
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.api.times import moment
from ioc.history.availability import Span, availability, known_until
from ioc.history.scope import Areas, Wanted, stays
from ioc.open_data import AREAS, DATA_SETS, DEVICES, FORMS, WRITERS, catalogue, is_public
from ioc.site import OpenData

routes = router("/open", "open data")

MONTHS: Final = 12
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=3600",
}  # fmt: skip


@routes.get("/catalog.jsonld", response_class=Response)
def catalog(parts: Has, request: Request) -> Response:
    """The DCAT catalogue of what is published here."""
    rules = _rules(parts)
    base = str(request.base_url).rstrip("/")
    body = msgspec.json.encode(catalogue(rules, parts.site, base))
    return Response(body, media_type="application/ld+json", headers=_HEADERS)


@routes.get("/{data_set}.{form}", response_class=Response)
def data(
    data_set: Literal["areas", "devices", "figures"], form: Literal["geojson", "csv", "parquet"], parts: Has
) -> Response:  # fmt: skip
    """A published table in one of its forms."""
    rules = _rules(parts)
    body = parts.shelf.file(
        f"{data_set}.{form}", parts.now(), lambda: WRITERS[form](DATA_SETS[data_set], _rows(parts, rules, data_set))
    )
    return Response(body, media_type=FORMS[form], headers=_HEADERS)


def _rules(parts: Parts) -> OpenData:
    if not parts.open_data.publish:
        raise Problem(404, "this centre publishes nothing", code="not_published", title="Không công bố dữ liệu")
    return parts.open_data


def _rows(parts: Parts, rules: OpenData, data_set: str) -> Sequence[Mapping[str, Any]]:
    now = moment(parts.now())
    with parts.pool.connection() as connection:
        areas = {area["slug"]: {**area, "area": area["slug"], "valid_from": _day(area["valid_from"]),
                                "valid_to": _day(area["valid_to"])}
                 for area in rows(connection, "areas", {"at": now, "every": True})}  # fmt: skip
        if data_set == AREAS.name:
            return list(areas.values())
        public = {
            row["address"]: {**row, "device": row["address"], "family": row["address"].split("/")[1]}
            for row in rows(connection, "open_devices")
            if is_public(rules, row["address"], row["admission"])
        }
        if data_set == DEVICES.name:
            return list(public.values())
        return _figures(parts, connection, now, tuple(public), areas)


def _figures(
    parts: Parts, connection: Connection[Any], now: datetime, public: Sequence[str],
    areas: Mapping[str, Mapping[str, Any]],
) -> Sequence[Mapping[str, Any]]:  # fmt: skip
    """The availability of public devices by month, area as it was then, and family; newest month first."""
    found = stays(connection, Wanted(devices=tuple(public), areas=Areas.THEN, pending=False), by_area=True)
    known, told = known_until(connection, now), []
    for begin, end in _months(now):
        span, windows = Span(begin, min(end, now), known), parts.maintenance(begin, end)
        made = availability(connection, span, found, windows, lambda stay: (stay.area or "", stay.family))
        for (area, family), figures in sorted(made.items(), key=lambda one: one[0]):
            place = areas.get(area, {})
            told.append({
                "month": begin.strftime("%Y-%m"), "area": area or None, "family": family, "devices": figures.devices,
                "share": figures.share, "known_share": figures.known_share,
                **{name: place.get(name) for name in ("lat", "lon", "boundary")},
            })  # fmt: skip
    return told


def _months(now: datetime) -> Sequence[tuple[datetime, datetime]]:
    """The last months, the running one first, as they begin and end where the devices are."""
    begin = now.astimezone(ZoneInfo(HOME_ZONE)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    bounds = [begin + timedelta(days=32)]
    for _ in range(MONTHS):
        bounds.append(begin)
        begin = (begin - timedelta(days=1)).replace(day=1)
    return list(zip(bounds[1:], bounds[:-1], strict=True))


def _day(day: Any) -> str | None:  # noqa: ANN401 - a date of the database
    return None if day is None else str(day)

"""Public alerts as CAP 1.2, for whoever passes warnings on: an Atom feed and its messages. Open to everyone by purpose.

Which alerts are public is the site file's `[cap]`; without one there is no feed.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Request, Response

from alerts.cap import CapArea, CapMessage, cap_time
from alerts.cap_feed import CAP_TYPE, write_feed
from alerts.cap_rules import check
from alerts.cap_story import messages
from alerts.cap_xml import write
from ioc.api.database import row, tuples
from ioc.api.parts import Has, Parts
from ioc.api.problems import Problem
from ioc.api.routing import router
from ioc.site import Cap

routes = router("/api/v1/cap", "cap")

_NEWEST = 50
_ATOM = "application/atom+xml"


@routes.get("/feed.atom", response_class=Response, responses={200: {"content": {_ATOM: {}}}})
def feed(request: Request, parts: Has) -> Response:
    """The newest public messages."""
    public = _public(parts)
    with parts.pool.connection() as connection:
        found = tuples(connection, "public_alerts", {"rules": public.rules, "limit": _NEWEST})
    told = [message for (alert_id,) in found for message in _story(parts, public, alert_id)]
    told.sort(key=lambda message: (message.sent, message.identifier), reverse=True)
    address, title = str(request.url.replace(query="")), f"{public.sender_name} – CAP"
    document = write_feed(told[:_NEWEST], title=title, address=address, updated=cap_time(parts.now()))
    return Response(document, media_type=_ATOM)


@routes.get("/{identifier}.cap", response_class=Response, responses={200: {"content": {CAP_TYPE: {}}}})
def message(identifier: Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9]+-\d+$")], parts: Has) -> Response:
    """One message."""
    public = _public(parts)
    story = _story(parts, public, identifier.rpartition("-")[0])
    found = next((each for each in story if each.identifier == identifier), None)
    if found is None:
        raise Problem(404, f"there is no public message {identifier}", code="no_such_message")
    return Response(write(found), media_type=CAP_TYPE)


def _public(parts: Parts) -> Cap:
    if parts.cap is None:
        raise Problem(404, "this site publishes no CAP messages: its file has no [cap]", code="no_cap")
    return parts.cap


def _story(parts: Parts, public: Cap, alert_id: str) -> Sequence[CapMessage]:
    """The alert's messages that conform; none where it is not public."""
    kept = parts.alerts.get(alert_id)
    if kept is None or kept[0].rule not in public.rules:
        return ()
    alert, timeline = kept
    with parts.pool.connection() as connection:
        place = None if alert.area is None else row(connection, "place_of_area", {"area": alert.area})
    told = messages(alert, timeline, public.issuer(), [_area(place, public)])
    return [each for each in told if not check(each)]


def _area(place: dict[str, Any] | None, public: Cap) -> CapArea:
    """The area with its imported boundary, else its name alone."""
    if place is None:
        return CapArea(public.sender_name)
    return CapArea(place["name"], polygons=tuple(_rings(place["boundary"])))


def _rings(boundary: dict[str, Any] | None) -> list[str]:
    """The outer rings of a GeoJSON geometry (longitude first) as CAP polygons (latitude first)."""
    kind, coordinates = (boundary or {}).get("type"), (boundary or {}).get("coordinates", [])
    polygons = [coordinates] if kind == "Polygon" else coordinates if kind == "MultiPolygon" else []
    return [" ".join(f"{lat},{lon}" for lon, lat, *_ in polygon[0]) for polygon in polygons]

"""Areas and devices as GeoJSON (RFC 7946)."""

from typing import Any

import pytest

from ioc import site
from ioc.accounts.model import Role


def test_areas_come_parents_first_with_their_devices_counted(district: Any) -> None:
    items = district.signed_in(Role.VIEWER).get("/api/v1/areas").json()["items"]
    told = [(area["slug"], area["parent"], area["devices"]) for area in items]
    assert told == [("nong-son", None, 0), ("que-loc", "nong-son", 1), ("que-trung", "nong-son", 2)]


def test_an_area_is_drawn_by_its_boundary_or_else_its_point(district: Any) -> None:
    answer = district.signed_in(Role.VIEWER).get("/api/v1/areas.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    collection = answer.json()
    assert collection["type"] == "FeatureCollection"
    shapes = {feature["id"]: feature["geometry"] for feature in collection["features"]}
    assert shapes["que-trung"] == {"type": "Point", "coordinates": [108.03, 15.71]}
    assert shapes["que-loc"]["type"] == "Polygon"
    assert all(feature["type"] == "Feature" for feature in collection["features"])


def test_devices_are_drawn_longitude_first_and_retired_ones_not_at_all(district: Any) -> None:
    district.sql("UPDATE device SET admission = 'retired' WHERE address = 'ns/loudspeaker/l2'")
    viewer = district.signed_in(Role.VIEWER)
    features = {feature["id"]: feature for feature in viewer.get("/api/v1/map/devices.geojson").json()["features"]}
    assert set(features) == {"ns/camera/c1", "ns/gateway/g1", "ns/loudspeaker/l1"}
    assert features["ns/camera/c1"]["geometry"] == {"type": "Point", "coordinates": [108.03, 15.71]}
    assert features["ns/loudspeaker/l1"]["geometry"] is None
    assert features["ns/loudspeaker/l1"]["properties"]["state"] == "offline"
    some = viewer.get("/api/v1/map/devices.geojson?area=que-trung&family=camera").json()["features"]
    assert [feature["id"] for feature in some] == ["ns/camera/c1"]


@pytest.mark.parametrize(
    ("slug", "kind"), [("xa-cai-be", "Polygon"), ("xa-my-loi", "MultiPolygon"), ("cai-be", "Polygon")]
)
def test_the_shape_in_a_site_file_is_the_areas_boundary_with_closed_rings(web: Any, slug: str, kind: str) -> None:
    with web.pool.connection() as connection:
        site.store(connection, site.shipped("cai-be"))
    collection = web.signed_in(Role.VIEWER).get("/api/v1/areas.geojson").json()
    geometry = next(feature["geometry"] for feature in collection["features"] if feature["id"] == slug)
    assert geometry["type"] == kind
    rings = (
        geometry["coordinates"] if kind == "Polygon" else [ring for part in geometry["coordinates"] for ring in part]
    )
    assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in rings)

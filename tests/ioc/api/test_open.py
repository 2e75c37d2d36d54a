"""The open routes: nothing unless published; then without signing in, and nothing private in any byte."""

from typing import Any

import pytest

from ioc.accounts.access import moment
from ioc.site import OpenData

FILES = [f"/open/{name}.{form}" for name in ("areas", "devices", "figures") for form in ("geojson", "csv", "parquet")]
NOW = 1_795_320_306_789  # 2026-11-22T04:05:06.789Z


@pytest.fixture
def published(district: Any) -> Any:
    """The loudspeakers are public; every column that nobody may see holds a word to look for."""
    district.change(open_data=OpenData(publish=True, families=["loudspeaker"], publisher="UBND huyện"))
    district.sql("""
        UPDATE device SET maker = 'hidden-maker', model = 'hidden-model', fw = 'hidden-fw', session = 'hidden-session',
            metrics = '{"hidden-metric": {}}', commands = '{hidden-command}', latest = '{"hidden-latest": [1, 2]}',
            state_reason = 'hidden-state', standing_reason = 'hidden-standing', enrolled_at = '2026-11-01'""")
    district.sql("UPDATE device SET name = 'hidden-camera', lat = 15.7777777, lon = 108.7777777, area = 'que-loc' "
                 "WHERE address = 'ns/camera/c1'")  # fmt: skip
    district.sql("UPDATE device_area SET valid_from = '2026-11-01' WHERE valid_to IS NULL")
    district.sql("INSERT INTO presence SELECT %(at)s, id, CASE address WHEN 'ns/loudspeaker/l1' THEN 'in' ELSE 'out' "
                 "END, 'hidden-reason' FROM device", {"at": moment(NOW - 3_600_000)})  # fmt: skip
    return district


@pytest.mark.parametrize("path", ["/open/catalog.jsonld", *FILES])
def test_where_nothing_is_published_there_is_nothing(district: Any, path: str) -> None:
    answer = district.client().get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:district-ioc:problem:not_published")


@pytest.mark.parametrize("path", ["/open/catalog.jsonld", *FILES])
def test_what_is_published_is_for_anybody_and_holds_nothing_private(published: Any, path: str) -> None:
    answer = published.client().get(path)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    for private in (b"hidden", b"ns/camera", b"ns/gateway", b"ns/loudspeaker/l2", b"7777", b"lwt"):
        assert private not in answer.content


def test_figures_are_of_public_devices_alone(published: Any) -> None:
    rows = published.client().get("/open/figures.csv").text.splitlines()
    assert rows == [
        "month,area,family,devices,share,known_share,lat,lon",
        rows[1],
    ]
    assert rows[1].startswith("2026-11,que-loc,loudspeaker,1,1.0,0.00")


def test_a_device_set_private_leaves_the_files_within_the_hour(published: Any) -> None:
    client = published.client()
    assert "ns/loudspeaker/l1" in client.get("/open/devices.csv").text
    published.change(open_data=OpenData(publish=True, families=["loudspeaker"], private=["ns/loudspeaker/l1"]))
    published.clock.advance(hours=1)
    assert client.get("/open/devices.csv").text.splitlines() == ["device,family,name,area,lat,lon"]


def test_the_catalogue_speaks_of_this_server(published: Any) -> None:
    told = published.client().get("/open/catalog.jsonld").json()
    assert told["@type"] == "dcat:Catalog"
    assert told["dct:publisher"]["foaf:name"] == "UBND huyện"
    first = told["dcat:dataset"][0]["dcat:distribution"][0]["dcat:downloadURL"]["@id"]
    assert first == "http://testserver/open/areas.geojson"

"""The registry over HTTP."""

from typing import Any

import pytest

from ingest.model import Admission, Device, Latest, Presence, View
from ioc.accounts.model import Role


@pytest.fixture
def viewer(district: Any) -> Any:
    return district.signed_in(Role.VIEWER)


def addresses(client: Any, query: str = "") -> list[str]:
    answer = client.get(f"/api/v1/devices{query}")
    assert answer.status_code == 200, answer.text
    return [device["device"] for device in answer.json()["items"]]


def test_a_device_tells_its_facts_and_latest_values(viewer: Any) -> None:
    device = viewer.get("/api/v1/devices/ns/camera/c1").json()
    facts = {name: device[name] for name in ("connected", "fresh", "working", "unknown", "state", "last_heard")}
    assert facts == {
        "connected": True,
        "fresh": True,
        "working": True,
        "unknown": False,
        "state": "online",
        "last_heard": "2026-11-22T04:05:06.789Z",
    }
    assert device["latest"]["motion"] == {"value": True, "ts": "2026-11-22T04:05:00.000Z"}
    assert (device["area"], device["area_name"]) == ("que-trung", "Quế Trung")


def test_lists_are_narrowed_by_family_area_state_and_text(viewer: Any) -> None:
    assert addresses(viewer) == ["c1", "g1", "l1", "l2"]
    assert addresses(viewer, "?family=loudspeaker") == ["l1", "l2"]
    assert addresses(viewer, "?area=que-trung") == ["c1", "g1"]
    assert addresses(viewer, "?area=nong-son") == ["c1", "g1", "l1"]
    assert addresses(viewer, "?area=nowhere") == []
    assert addresses(viewer, "?state=offline") == ["l1"]
    assert addresses(viewer, "?state=pending") == ["l2"]
    assert addresses(viewer, "?q=chợ") == ["c1"]
    assert addresses(viewer, "?q=100%25") == ["l1"]
    assert addresses(viewer, "?q=%25") == ["l1"]


@pytest.mark.parametrize("query", ["", "&state=online", "&area=nong-son"])
def test_pages_put_together_are_the_whole_list(viewer: Any, query: str) -> None:
    found, cursor = [], ""
    while True:
        page = viewer.get(f"/api/v1/devices?limit=1{query}{cursor}").json()
        found += [device["device"] for device in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == addresses(viewer, "?" + query[1:])


def test_when_the_ingest_stops_hearing_everything_is_unknown(district: Any, viewer: Any) -> None:
    district.clock.advance(seconds=31)
    assert addresses(viewer, "?state=unknown") == ["c1", "g1", "l1"]
    device = viewer.get("/api/v1/devices/ns/camera/c1").json()
    assert (device["unknown"], device["reason"], device["connected"]) == (True, "blind", True)


def test_a_lost_gateway_makes_its_children_unknown_not_offline(district: Any, viewer: Any) -> None:
    district.sql("UPDATE device SET state = 'offline' WHERE address = 'ns/gateway/g1'")
    device = viewer.get("/api/v1/devices/ns/camera/c1").json()
    assert (device["state"], device["reason"]) == ("unknown", "gateway_lost")


def test_the_live_registry_knows_better_than_what_was_kept(district: Any, viewer: Any) -> None:
    presence = Presence(connected=True, fresh=False, working=True, reason="silent", since=1_795_320_000_000)
    view = View(Device("ns/camera/c1"), presence, {"fps": Latest(None, 1)}, 1_795_320_000_000)
    district.change(views=lambda: {"ns/camera/c1": view})
    device = viewer.get("/api/v1/devices/ns/camera/c1").json()
    assert (device["state"], device["since"]) == ("silent", "2026-11-22T04:00:00.000Z")
    assert device["latest"] == {"fps": {"value": None, "ts": "1970-01-01T00:00:00.001Z"}}
    assert viewer.get("/api/v1/devices/ns/gateway/g1").json()["state"] == "online"


def test_a_supervisor_admits_moves_and_renames_and_running_services_can_follow(district: Any) -> None:
    supervisor = district.signed_in(Role.SUPERVISOR)
    before = district.sql("SELECT max(changed_at) FROM device")
    change = {"admission": "admitted", "area": "que-loc", "name": "Loa thôn Trung Hạ"}
    device = supervisor.patch("/api/v1/devices/ns/loudspeaker/l2", json=change).json()
    assert {name: device[name] for name in change} == change
    assert district.sql("SELECT max(changed_at) FROM device") > before
    detail = district.sql("SELECT detail FROM audit WHERE action = 'device.change'")[0][0]
    assert detail == {"admission": ["pending", "admitted"], "area": [None, "que-loc"], "name": [None, change["name"]]}
    assert supervisor.patch("/api/v1/devices/ns/loudspeaker/l2", json={"area": None}).json()["area"] is None
    retired = supervisor.patch("/api/v1/devices/ns/loudspeaker/l2", json={"admission": "retired"}).json()
    assert (retired["state"], retired["admission"]) == ("retired", Admission.RETIRED)


def test_a_change_to_nowhere_or_nothing_is_refused(district: Any) -> None:
    supervisor = district.signed_in(Role.SUPERVISOR)
    path = "/api/v1/devices/ns/camera/c1"
    assert supervisor.patch(path, json={"area": "atlantis"}).status_code == 422
    assert supervisor.patch(path, json={"admission": "pending"}).status_code == 422
    assert supervisor.patch(path, json={"lat": 3}).status_code == 422
    assert supervisor.patch("/api/v1/devices/ns/camera/c9", json={}).status_code == 404
    assert supervisor.patch(path, json={"name": "Camera chợ"}).status_code == 200
    assert "device.change" not in repr(district.audit())

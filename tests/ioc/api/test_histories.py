"""Many devices, areas in time, availability, talkers, the newest state of all, exports: what the routes answer."""

import io
import json
from typing import Any

import pytest
from arro3.io import read_parquet

from ioc.accounts.access import moment
from ioc.accounts.model import Role
from ioc.api import exports
from ioc.history.availability import Window

START = 1_795_305_600_000  # 2026-11-22T00:00:00Z
HOUR = 3_600_000
SPAN = {"from": "2026-11-22T00:00:00Z", "to": "2026-11-22T02:00:00Z"}


@pytest.fixture
def viewer(district: Any) -> Any:
    """Two hours of a camera's and a loudspeaker's readings by the minute; the camera was out for a quarter."""
    district.sql("UPDATE resolution SET hours_until = '2026-11-20', days_until = '2026-11-20 17:00Z'")
    district.sql("UPDATE device SET enrolled_at = '2026-11-01', maker = 'Axis' WHERE admission = 'admitted'")
    district.sql("UPDATE device_area SET valid_from = '2026-11-01'")
    number = dict(district.sql("SELECT address, id FROM device"))
    with district.pool.connection() as connection:
        for device, table, metric in (("ns/camera/c1", "reading_camera", "fps"),
                                      ("ns/loudspeaker/l1", "reading_loudspeaker", "volume_pct")):  # fmt: skip
            connection.cursor().executemany(
                f"INSERT INTO {table} (ts, device_id, seq, {metric}, received_at) VALUES (%s, %s, %s, %s, now())",
                [(moment(START + n * 60_000), number[device], n, n % 10) for n in range(120)],
            )
        connection.cursor().executemany(
            "INSERT INTO presence VALUES (%s, %s, %s, %s)",
            [(moment(START + hours * HOUR), number["ns/camera/c1"], state, reason)
             for hours, state, reason in ((-1, "in", ""), (1, "out", "lwt"), (1.5, "in", ""))],
        )  # fmt: skip
    return district.signed_in(Role.VIEWER)


def test_the_courses_of_an_area_by_device(viewer: Any) -> None:
    answer = viewer.get("/api/v1/history", params={**SPAN, "metric": "fps", "area": "nong-son", "points": 3}).json()
    assert answer["devices"] == 3
    [series] = answer["series"]
    assert (series["device"], series["resolution"], series["step_s"]) == ("ns/camera/c1", "hour", 3600)
    assert series["points"] == [
        {"ts": "2026-11-22T00:00:00.000Z", "min": 0, "avg": 4.5, "max": 9, "count": 60},
        {"ts": "2026-11-22T01:00:00.000Z", "min": 0, "avg": 4.5, "max": 9, "count": 60},
    ]


def test_courses_of_named_devices_and_together(viewer: Any) -> None:
    named = {**SPAN, "metric": "volume_pct", "devices": "ns/loudspeaker/l1,ns/camera/c1", "points": 3}
    assert [one["device"] for one in viewer.get("/api/v1/history", params=named).json()["series"]] == [
        "ns/loudspeaker/l1"
    ]
    together = viewer.get("/api/v1/history", params={**named, "together": True}).json()["series"]
    assert [(one["device"], len(one["points"])) for one in together] == [("*", 2)]


def test_too_many_courses_are_refused_with_what_to_do(viewer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.api.history.MOST_SERIES", 1)
    answer = viewer.get("/api/v1/history", params={**SPAN, "metric": "fps"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:district-ioc:problem:too_many_series")
    assert "together" in answer.json()["detail"]


def test_availability_by_device_counts_the_time_out_and_nothing_of_pending_devices(viewer: Any) -> None:
    answer = viewer.get("/api/v1/availability", params={**SPAN, "by": "device"}).json()
    items = {item["key"]: item for item in answer["items"]}
    assert set(items) == {"ns/camera/c1", "ns/gateway/g1", "ns/loudspeaker/l1"}
    assert items["ns/camera/c1"] == {
        "key": "ns/camera/c1", "devices": 1, "in_s": 5400, "out_s": 1800, "unknown_s": 0, "maintenance_s": 0,
        "share": 0.75, "known_share": 1, "outages": 1,
    }  # fmt: skip
    assert items["ns/loudspeaker/l1"]["share"] is None


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("all", ["all"]),
        ("family", ["camera", "gateway", "loudspeaker"]),
        ("area", ["que-loc", "que-trung"]),
        ("maker", ["Axis"]),
    ],
)
def test_availability_by_what_devices_have_in_common(viewer: Any, by: str, keys: list[str]) -> None:
    answer = viewer.get("/api/v1/availability", params={**SPAN, "by": by}).json()
    assert [item["key"] for item in answer["items"]] == keys
    assert answer["areas"] == "then"


def test_planned_maintenance_is_left_out(viewer: Any, district: Any) -> None:
    out = Window(moment(START + HOUR), moment(START + 2 * HOUR), device="ns/camera/c1")
    district.change(maintenance=lambda since, until: [out])
    [item] = viewer.get("/api/v1/availability", params={**SPAN, "devices": "ns/camera/c1"}).json()["items"]
    assert (item["in_s"], item["out_s"], item["maintenance_s"], item["share"]) == (3600, 0, 3600, 1)


def test_the_future_is_no_time_at_all(viewer: Any) -> None:
    to = "2026-12-01T00:00:00Z"
    answer = viewer.get(
        "/api/v1/availability", params={"from": SPAN["from"], "to": to, "devices": "ns/camera/c1"}
    ).json()
    assert answer["to"] == "2026-11-22T04:05:06.789Z"


def test_who_sent_most_and_who_changed_most(viewer: Any) -> None:
    assert viewer.get("/api/v1/history/top", params={**SPAN, "limit": 1}).json()["items"] == [
        {"device": "ns/camera/c1", "count": 120}
    ]
    changed = viewer.get("/api/v1/history/top", params={**SPAN, "by": "changed"}).json()["items"]
    assert changed == [{"device": "ns/camera/c1", "count": 2}]


def test_the_newest_state_of_every_device_follows_what_is_written_and_nothing_else_is_read_again(
    viewer: Any, district: Any
) -> None:
    first = viewer.get("/api/v1/latest").json()
    rows = {row[0]: dict(zip(first["columns"], row, strict=True)) for row in first["rows"]}
    assert first["known_until"] is None
    assert len(rows) == 4
    assert rows["ns/camera/c1"]["latest"]["fps"] == [25, 1795320300000]
    district.sql("UPDATE device SET standing = 'out', latest = '{\"fps\": [7, 1]}' WHERE address = 'ns/camera/c1'")
    again = viewer.get("/api/v1/latest").json()
    assert {row[0]: (row[3], row[10]) for row in again["rows"]}["ns/camera/c1"] == ("out", {"fps": [7, 1]})
    assert len(again["rows"]) == 4


def test_a_change_that_was_not_committed_at_the_last_look_is_not_missed(viewer: Any, district: Any) -> None:
    with district.pool.connection() as slow:
        slow.execute("UPDATE device SET area = 'que-loc' WHERE address = 'ns/camera/c1'")
        for _ in range(2):  # others write and commit meanwhile
            district.sql("UPDATE device SET name = 'x' WHERE address = 'ns/gateway/g1'")
            rows = {row[0]: row[9] for row in viewer.get("/api/v1/latest").json()["rows"]}
            assert rows["ns/camera/c1"] == "que-trung"
    rows = {row[0]: row[9] for row in viewer.get("/api/v1/latest").json()["rows"]}
    assert rows["ns/camera/c1"] == "que-loc"


def test_when_nobody_listens_any_more_the_newest_states_say_since_when(viewer: Any, district: Any) -> None:
    district.clock.advance(seconds=31)
    assert viewer.get("/api/v1/latest").json()["known_until"].startswith("2026-11-22T04:05:06")


def test_exports_are_named_files_of_their_type(viewer: Any) -> None:
    asked = {**SPAN, "family": "camera", "metrics": "fps,motion", "resolution": "raw"}
    lines = viewer.get("/api/v1/history.csv", params=asked)
    assert lines.headers["content-type"] == "text/csv; charset=utf-8"
    assert lines.headers["content-disposition"] == 'attachment; filename="camera.csv"'
    assert lines.text.splitlines()[:2] == [
        "ts,device,area,fps,motion",
        "2026-11-22T00:00:00.000Z,ns/camera/c1,que-trung,0,",
    ]
    assert len(lines.text.splitlines()) == 121
    file = viewer.get("/api/v1/history.parquet", params=asked)
    assert file.headers["content-type"] == "application/vnd.apache.parquet"
    assert read_parquet(io.BytesIO(file.content)).read_all().num_rows == 120


@pytest.mark.parametrize(
    ("wrong", "code"), [({"family": "x"}, "no_such_family"), ({"metrics": "fps,y"}, "no_such_metric")]
)
def test_an_export_of_what_is_not_there_is_refused(viewer: Any, wrong: dict[str, str], code: str) -> None:
    answer = viewer.get("/api/v1/history.csv", params={"family": "camera", **wrong})
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:district-ioc:problem:{code}")


def test_more_exports_than_may_run_at_once_are_asked_to_wait_and_each_turn_is_given_back(viewer: Any) -> None:
    for _ in range(exports.AT_ONCE + 1):
        assert viewer.get("/api/v1/history.csv", params={"family": "camera"}).status_code == 200
    held = [exports._turns.acquire(blocking=False) for _ in range(exports.AT_ONCE)]
    assert held == [True] * exports.AT_ONCE
    answer = viewer.get("/api/v1/history.csv", params={"family": "camera"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    for _ in held:
        exports._turns.release()


def test_areas_of_another_day(viewer: Any, district: Any) -> None:
    district.sql("INSERT INTO area (slug, name) VALUES ('nong-son-xa', 'Xã Nông Sơn')")
    district.sql("UPDATE area SET valid_from = '2025-07-01' WHERE slug = 'nong-son-xa'")
    district.sql("UPDATE area SET valid_to = '2025-07-01', becomes = 'nong-son-xa' WHERE slug = 'que-trung'")
    district.sql("UPDATE device_area SET valid_from = '2025-01-01'")
    district.sql("SELECT merge_areas()")

    def told(**asked: str) -> dict[str, int]:
        return {area["slug"]: area["devices"] for area in viewer.get("/api/v1/areas", params=asked).json()["items"]}

    assert told() == {"nong-son": 0, "nong-son-xa": 2, "que-loc": 1}
    assert told(at="2025-06-30T12:00:00+07:00") == {"nong-son": 0, "que-loc": 1, "que-trung": 2}
    assert set(told(every="true")) == {"nong-son", "nong-son-xa", "que-loc", "que-trung"}
    shapes = json.loads(viewer.get("/api/v1/areas.geojson", params={"at": "2025-06-30T16:59:59Z"}).content)["features"]
    assert {shape["id"] for shape in shapes} == {"nong-son", "que-loc", "que-trung"}

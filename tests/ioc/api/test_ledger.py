"""The ledger and the quarantine: every message is accounted for, by hour, by device, by reason."""

from typing import Any

import pytest

from ioc.accounts.model import Role
from ioc.echoes import Leg
from ioc.probe import SelfProbe


def test_the_ledger_accounts_for_every_message(district: Any) -> None:
    district.sql("INSERT INTO ledger_hour VALUES ('2026-11-22T03:00Z', 60, 60, 0, 0, 0, 0, 0)")
    district.sql("INSERT INTO ledger_hour VALUES ('2026-11-22T04:00Z', 46, 40, 1, 2, 3, 0, 4)")
    ledger = district.signed_in(Role.VIEWER).get("/api/v1/ledger").json()
    start = ledger["since_start"]
    parts = ("stored", "duplicate", "ignored", "quarantined", "shed", "in_flight")
    assert start["received"] == sum(start[part] for part in parts) == 107
    assert (start["started_at"], start["seq_gaps"], start["spooled"]) == ("2026-11-22T03:05:06.789Z", 4, 0)
    assert [hour["hour"] for hour in ledger["hours"]] == ["2026-11-22T04:00:00.000Z", "2026-11-22T03:00:00.000Z"]
    assert (ledger["all_time"]["received"], ledger["all_time"]["stored"]) == (106, 100)


def test_before_the_first_ingest_the_ledger_is_empty(web: Any) -> None:
    ledger = web.signed_in(Role.VIEWER).get("/api/v1/ledger").json()
    assert ledger["since_start"] is None
    assert ledger["hours"] == []
    assert set(ledger["all_time"].values()) == {0}


@pytest.fixture
def rejected(web: Any) -> Any:
    topics = ("ioc/v1/ns/camera/c1/telemetry", "ioc/v1/ns/camera/c1/birth", "frigate/stats")
    with web.pool.connection() as connection:
        connection.cursor().executemany(
            "INSERT INTO quarantine (received_at, topic, reason, detail, bytes, head) "
            "VALUES ('2026-11-22T04:00Z', %s, %s, 'x', 3, 'abc')",
            [(topics[0], "not_json"), (topics[0], "not_json"), (topics[1], "bad_ts"), (topics[2], "not_json")],
        )
    return web.signed_in(Role.VIEWER)


def test_the_quarantine_counts_by_reason_device_and_topic(rejected: Any) -> None:
    found = rejected.get("/api/v1/quarantine").json()
    assert found["by_reason"] == {"not_json": 3, "bad_ts": 1}
    assert found["by_device"] == {"ns/camera/c1": 3}
    assert found["by_topic"]["ioc/v1/ns/camera/c1/telemetry"] == 2
    assert [each["reason"] for each in found["items"]] == ["not_json", "bad_ts", "not_json", "not_json"]
    assert found["items"][0]["device"] is None


def test_the_quarantine_is_narrowed_and_paged(rejected: Any) -> None:
    some = rejected.get("/api/v1/quarantine?reason=not_json&topic=c1").json()
    assert len(some["items"]) == 2
    first = rejected.get("/api/v1/quarantine?limit=3").json()
    rest = rejected.get(f"/api/v1/quarantine?limit=3&cursor={first['next']}").json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)


def test_a_reason_is_counted_for_ever_in_the_commit_that_quarantines(web: Any, rejected: Any) -> None:
    web.sql(
        "INSERT INTO quarantine (received_at, topic, reason, detail, bytes, head) "
        "VALUES ('2026-11-20T04:59Z', 't', 'not_json', 'x', 3, 'abc'), ('2026-11-20T05:00Z', 't', 'empty', '', 0, '')"
    )
    web.sql("DELETE FROM quarantine")  # the oldest messages go; what was counted stays
    reasons = rejected.get("/api/v1/ledger?hours=24").json()["reasons"]
    assert reasons == [
        {"reason": "not_json", "in_hours": 3, "all_time": 4},
        {"reason": "bad_ts", "in_hours": 1, "all_time": 1},
        {"reason": "empty", "in_hours": 0, "all_time": 1},
    ]


def test_what_the_self_probe_measured_is_told_with_the_ledger_and_as_metrics(web: Any) -> None:
    viewer = web.signed_in(Role.VIEWER)
    assert viewer.get("/api/v1/ledger").json()["probe"] is None
    probe = SelfProbe("ns", 5)
    probe._echoes.sent(1, 0)
    probe._echoes.heard(Leg.STORED, 1, 40)
    probe._echoes.heard(Leg.LIVE, 1, 240)
    web.change(probe=probe, fillings=lambda: {"alerts_unsaved": 3})
    assert viewer.get("/api/v1/ledger").json()["probe"] == {
        "health": "waiting", "leg": None, "every_s": 5, "sent": 1,
        "stored": {"count": 1, "lost": 0, "last": 40.0, "p50": 40.0, "p95": 40.0},
        "live": {"count": 1, "lost": 0, "last": 240.0, "p50": 240.0, "p95": 240.0},
    }  # fmt: skip
    lines = viewer.get("/metrics").text.splitlines()
    assert 'ioc_probe_seconds_bucket{leg="stored",le="0.025"} 0' in lines
    assert 'ioc_probe_seconds_bucket{leg="stored",le="0.05"} 1' in lines
    assert 'ioc_probe_seconds_bucket{leg="live",le="+Inf"} 1' in lines
    assert 'ioc_probe_seconds_sum{leg="live"} 0.240000' in lines
    assert 'ioc_queue{queue="alerts_unsaved"} 3' in lines
    assert "ioc_letters_waiting 0" in lines


def test_the_self_probe_is_no_device(district: Any) -> None:
    district.sql("INSERT INTO device (address, admission) VALUES ('ns/indicator/self-probe', 'retired')")
    viewer = district.signed_in(Role.VIEWER)
    assert "self-probe" not in viewer.get("/api/v1/devices").text
    assert "indicator" not in viewer.get("/metrics").text


def test_the_key_of_a_part_of_our_own_opens_the_live_stream_and_changes_nothing(web: Any) -> None:
    probe = web.bearer(web.parts.inner.mint(web.clock()))
    with probe.websocket_connect("/ws/live") as stream:
        stream.send_json({"type": "hello", "layers": ["probe"]})
        assert stream.receive_json()["layers"] == {"probe": {"stamp": None}}
    assert probe.post("/api/v1/tokens", json={"name": "x", "kind": "script", "role": "viewer"}).status_code == 403
    web.clock.advance(hours=1)
    assert probe.get("/api/v1/session").status_code == 401


@pytest.fixture
def troubled(district: Any) -> Any:
    district.sql("""
        INSERT INTO ledger_device (hour, address, duplicate, quarantined, shed, seq_gaps) VALUES
            ('2026-11-21T04:00Z', 'ns/camera/c1', 90, 90, 90, 90),
            ('2026-11-21T05:00Z', 'ns/camera/c1', 1, 2, 0, 5),
            ('2026-11-22T04:00Z', 'ns/camera/c1', 0, 0, 0, -3),
            ('2026-11-22T03:00Z', 'ns/loudspeaker/l1', 7, 0, 30, 0),
            ('2026-11-22T04:00Z', 'frigate/stats', 0, 3, 0, 0)""")
    return district.signed_in(Role.VIEWER)


def test_devices_are_told_with_their_hours_the_most_troubled_first(troubled: Any) -> None:
    told = troubled.get("/api/v1/ledger/devices?hours=24").json()
    assert (told["since"], told["devices"]) == ("2026-11-21T05:00:00.000Z", 3)
    assert [each["address"] for each in told["items"]] == ["ns/loudspeaker/l1", "ns/camera/c1", "frigate/stats"]
    camera = told["items"][1]
    assert camera == {
        "address": "ns/camera/c1", "name": "Camera chợ", "duplicate": 1, "quarantined": 2, "shed": 0, "seq_gaps": 2,
        "hours": [
            {"hour": "2026-11-21T05:00:00.000Z", "duplicate": 1, "quarantined": 2, "shed": 0, "seq_gaps": 5},
            {"hour": "2026-11-22T04:00:00.000Z", "duplicate": 0, "quarantined": 0, "shed": 0, "seq_gaps": -3},
        ],
    }  # fmt: skip
    assert told["items"][2]["name"] is None


def test_only_so_many_devices_are_told_but_all_are_counted(troubled: Any) -> None:
    told = troubled.get("/api/v1/ledger/devices?hours=25&limit=1").json()
    assert (told["devices"], [each["address"] for each in told["items"]]) == (3, ["ns/camera/c1"])


def test_where_nothing_went_wrong_no_device_is_told(web: Any) -> None:
    told = web.signed_in(Role.VIEWER).get("/api/v1/ledger/devices").json()
    assert (told["devices"], told["items"]) == (0, [])

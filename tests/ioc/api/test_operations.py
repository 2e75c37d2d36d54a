"""Alive, ready, the ledger, the quarantine, the metrics."""

import re
from typing import Any

import pytest

from ingest.family import families
from ioc.accounts.model import Role
from ioc.api.metrics import Metric


def test_readiness_is_told_per_part_and_503_where_one_is_not(web: Any) -> None:
    web.change(readiness={"database": lambda: None, "broker": lambda: "no connection to the broker"})
    answer = web.client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "parts": {
            "database": {"ready": True, "problem": None},
            "broker": {"ready": False, "problem": "no connection to the broker"},
        },
    }
    assert web.client().get("/healthz").status_code == 200


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


def test_the_families_have_names_in_both_languages(web: Any) -> None:
    items = web.signed_in(Role.VIEWER).get("/api/v1/families").json()["items"]
    assert {each["slug"] for each in items} == set(families())
    assert all(each["vi"] and each["en"] for each in items)


_LABEL = r"[a-z_]+=\"([^\"\\\n]|\\[\\\"n])*\""
LINE = re.compile(rf"# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{{{_LABEL}(,{_LABEL})*\}})? \S+")


def test_metrics_are_in_prometheus_words(district: Any) -> None:
    district.change(readiness={"database": lambda: None})
    district.sql("INSERT INTO quarantine (received_at, topic, reason, detail, bytes, head) "
                 "VALUES (now(), 't', E'a \"b\" \\\\ c\\nd', '', 0, '')")  # fmt: skip
    answer = district.signed_in(Role.VIEWER).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert 'ioc_messages_settled_total{outcome="stored"} 100' in lines
    assert 'ioc_devices{family="loudspeaker",admission="pending"} 1' in lines
    assert 'ioc_ready{part="database"} 1' in lines
    assert 'ioc_quarantine_rows{reason="a \\"b\\" \\\\ c\\nd"} 1' in lines
    assert answer.text.endswith("\n")


def test_a_metric_without_labels_is_a_name_and_a_number() -> None:
    assert list(Metric("x", "gauge", "One.", [({}, 1.5)]).lines()) == ["# HELP x One.", "# TYPE x gauge", "x 1.5"]

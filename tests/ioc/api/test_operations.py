"""Alive, ready, the families, the metrics."""

import re
from typing import Any

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


def test_metrics_tell_the_room_on_the_disk_and_leave_out_what_nobody_knows(district: Any) -> None:
    district.sql("INSERT INTO disk_sample SELECT date_trunc('hour', now()) - h * interval '1 hour', "
                 "10000000000 - h::bigint * 1000000000 / 24, 30000000000, 40000000000 "
                 "FROM generate_series(0, 48) h")  # fmt: skip
    client = district.signed_in(Role.VIEWER)
    lines = client.get("/metrics").text.splitlines()
    told = dict(line.split(" ") for line in lines if line.startswith("ioc_disk"))
    assert float(told["ioc_disk_days_left"]) == 30
    assert told["ioc_disk_used_ratio"] == "0.25"
    district.sql("UPDATE disk_sample SET free_bytes = NULL, total_bytes = NULL")
    left = client.get("/metrics").text
    assert "ioc_disk_growth_bytes_per_day" in left
    assert "ioc_disk_days_left" not in left


def test_a_metric_without_labels_is_a_name_and_a_number() -> None:
    assert list(Metric("x", "gauge", "One.", [({}, 1.5)]).lines()) == ["# HELP x One.", "# TYPE x gauge", "x 1.5"]

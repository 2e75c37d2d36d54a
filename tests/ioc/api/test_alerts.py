"""Alerts, and what operators ask of them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from alerts.model import Alert, Condition, Request, Severity, Transition
from alerts.store import Answer
from ioc.accounts.model import Role

NOW = 1_795_320_306_789


def alert(number: int, **facts: Any) -> Alert:
    usual = {
        "id": f"a{number}",
        "key": f"hot@ns/camera/c{number}",
        "rule": "hot",
        "device": f"ns/camera/c{number}",
        "severity": Severity.MAJOR,
        "peak_severity": Severity.MAJOR,
        "condition": Condition.FIRING,
        "since": NOW - 90_000,
        "last_observed": NOW,
        "firing_since": NOW,
        "area": "que-trung",
        "title": {"vi": "Camera nóng", "en": "Camera hot"},
        "version": 1,
    }
    return Alert(**{**usual, **facts})


@pytest.fixture
def web(district: Any) -> Any:
    closed = {"condition": Condition.CLOSED, "closed_at": NOW, "outcome": "normal"}
    kept = [
        alert(1),
        alert(2, severity=Severity.CRITICAL, area="que-loc"),
        alert(3, **closed),
        alert(4, device="ns/camera/c1", key="cold@ns/camera/c1"),
    ]
    district.store.save([Transition(each, None, "bad", NOW) for each in kept])
    return district


@contextmanager
def engine(web: Any, answer: Callable[[Request], tuple[Answer, list[Transition]]]) -> Iterator[None]:
    """Something that answers requests as the engine does, in a thread of its own."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.01):
            for request in web.store.requests():
                said, steps = answer(request)
                web.store.save(steps, answers=[said])

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_lists_are_narrowed_and_newest_first(web: Any) -> None:
    viewer = web.signed_in(Role.VIEWER)

    def ids(query: str = "") -> list[str]:
        return [each["id"] for each in viewer.get(f"/api/v1/alerts{query}").json()["items"]]

    assert ids() == ["a4", "a3", "a2", "a1"]
    assert ids("?open=true") == ["a4", "a2", "a1"]
    assert ids("?open=false") == ["a3"]
    assert ids("?severity=critical") == ["a2"]
    assert ids("?area=que-trung") == ["a4", "a3", "a1"]
    assert ids("?area=nong-son") == ["a4", "a3", "a2", "a1"]
    assert ids("?device=ns/camera/c1") == ["a4", "a1"]


@pytest.mark.parametrize("query", ["", "&device=ns/camera/c1"])
def test_pages_put_together_are_the_whole_list(web: Any, query: str) -> None:
    viewer = web.signed_in(Role.VIEWER)
    found, cursor = [], ""
    while True:
        page = viewer.get(f"/api/v1/alerts?limit=1{query}{cursor}").json()
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == viewer.get(f"/api/v1/alerts?{query[1:]}").json()["items"]


def test_an_alert_has_its_timeline(web: Any) -> None:
    found = web.signed_in(Role.VIEWER).get("/api/v1/alerts/a1").json()
    assert (found["condition"], found["open"], found["title"]["vi"]) == ("firing", True, "Camera nóng")
    assert found["since"] == "2026-11-22T04:03:36.789Z"
    assert [(step["cause"], step["after"], step["at"]) for step in found["timeline"]] == [
        ("bad", "firing", "2026-11-22T04:05:06.789Z")
    ]


def test_an_acknowledgement_is_answered_with_what_the_engine_made_of_it(web: Any) -> None:
    def acked(request: Request) -> tuple[Answer, list[Transition]]:
        after = replace(alert(1), acked=True, acked_by=request.actor, acked_at=NOW, ack_until=request.until, version=2)
        step = Transition(after, Condition.FIRING, "ack", NOW, actor=request.actor, comment=request.text)
        return Answer(request.id, NOW, "done"), [step]

    said = {"comment": "đang cử người đến", "until": "2026-11-22T12:00:00Z"}
    with engine(web, acked):
        answer = web.signed_in(Role.OPERATOR, "lan").post("/api/v1/alerts/a1/ack", json=said)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "done")
    told = answer.json()["alert"]
    assert (told["acked_by"], told["ack_until"]) == ("lan", "2026-11-22T12:00:00.000Z")
    assert told["timeline"][-1]["comment"] == said["comment"]
    assert web.audit()[-1] == ("lan", "alert.ack", "a1")


def test_what_the_engine_refuses_is_told_with_its_reason(web: Any) -> None:
    with engine(web, lambda request: (Answer(request.id, NOW, "still_firing", "close it when it is over"), [])):
        answer = web.signed_in(Role.OPERATOR).post("/api/v1/alerts/a1/close")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith(":still_firing")
    assert answer.json()["detail"] == "close it when it is over"


def test_while_the_engine_is_away_the_request_waits_for_it(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.api.asking.PATIENCE_S", 0.2)
    answer = web.signed_in(Role.OPERATOR, "lan").post("/api/v1/alerts/a1/unack")
    assert (answer.status_code, answer.json()["outcome"]) == (202, None)
    waiting = web.store.requests()
    assert [(each.id, each.action, each.actor, each.role) for each in waiting] == [
        (answer.json()["id"], "unack", "lan", "operator")
    ]


@pytest.mark.parametrize(
    ("action", "said", "status"),
    [
        ("comment", {}, 422),
        ("comment", {"comment": " "}, 422),
        ("ack", {"until": "2020-01-01T00:00:00Z"}, 422),
        ("close", {"until": "2030-01-01T00:00:00Z"}, 422),
        ("ack", {"reason": "false_alarm"}, 422),
        ("explode", {}, 422),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_written_down(web: Any, action: str, said: Any, status: int) -> None:
    assert web.signed_in(Role.OPERATOR).post(f"/api/v1/alerts/a1/{action}", json=said).status_code == status
    assert web.store.requests() == ()


def test_an_unknown_alert_is_not_found(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    assert operator.get("/api/v1/alerts/a9").status_code == 404
    assert operator.post("/api/v1/alerts/a9/ack").status_code == 404
    assert web.store.requests() == ()

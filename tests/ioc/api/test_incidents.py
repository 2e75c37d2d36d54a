"""Incidents over HTTP: opened, led, acknowledged through the engine, closed; who may, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from alerts.model import Condition, Request, Transition
from alerts.store import Answer
from ioc.accounts.model import Role
from tests.ioc.api.test_alerts import NOW, alert, engine

INCIDENTS = "/api/v1/incidents"


@pytest.fixture
def web(district: Any) -> Any:
    """Two alerts that burn, one that is over, and one that the first explains."""
    over = {"condition": Condition.CLOSED, "closed_at": NOW, "outcome": "normal"}
    kept = [alert(1), alert(2, area="que-loc"), alert(3, **over), alert(4, parent="a1")]
    district.store.save([Transition(each, None, "bad", NOW) for each in kept])
    return district


def opened(client: Any, *alerts: str, title: str = "Mất điện Quế Trung", **facts: Any) -> Any:
    answer = client.post(INCIDENTS, json={"title": title, "alerts": alerts or ("a1", "a2"), **facts})
    assert answer.status_code == 201, answer.text
    return answer.json()


def acted(client: Any, incident: Any, action: str, **said: Any) -> Any:
    return client.post(f"{INCIDENTS}/{incident['id']}/{action}", json=said)


def acking(web: Any) -> Any:
    """What the engine answers where nothing speaks against an acknowledgement."""

    def answer(request: Request) -> tuple[Answer, list[Transition]]:
        before, _ = web.store.get(request.alert_id)
        seen = {"acked": True, "acked_by": request.actor, "acked_at": NOW, "ack_until": request.until}
        after = replace(before, version=before.version + 1, **seen)
        step = Transition(after, before.condition, "ack", NOW, actor=request.actor, comment=request.text)
        return Answer(request.id, NOW, "done"), [step]

    return answer


def test_an_incident_is_opened_about_alerts_and_told_whole(web: Any) -> None:
    web.account("hoa", Role.OPERATOR)
    told = opened(web.signed_in(Role.OPERATOR, "lan"), "a1", "a2", lead="hoa")
    assert (told["title"], told["state"], told["lead"], told["opened_by"]) == (
        "Mất điện Quế Trung", "open", "hoa", "lan",
    )  # fmt: skip
    assert (told["alerts"], told["open"], told["unacked"], told["severity"]) == (["a1", "a2"], 2, 2, "major")
    assert [(each["alert"]["id"], each["children"], each["children_open"]) for each in told["members"]] == [
        ("a1", 1, 1), ("a2", 0, 0),
    ]  # fmt: skip
    assert [(note["deed"], note["text"], len(note["alerts"])) for note in told["notes"]] == [
        ("opened", "Mất điện Quế Trung", 0), ("led", "hoa", 0), ("added", "", 2),
    ]  # fmt: skip
    viewer = web.signed_in(Role.VIEWER)
    assert viewer.get(f"{INCIDENTS}/{told['id']}").json() == told
    listed = {name: value for name, value in told.items() if name not in ("members", "notes")}
    assert viewer.get(f"{INCIDENTS}?open=true").json() == {"items": [listed], "next": None}
    assert web.audit()[-2][:2] == ("lan", "incident.open")


def test_one_asks_which_incident_an_alert_is_in(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    first = opened(operator, "a1")
    second = opened(operator, "a2", title="Việc khác")
    for name, incident in (("a1", first), ("a2", second)):
        assert [each["id"] for each in operator.get(f"{INCIDENTS}?alert={name}").json()["items"]] == [incident["id"]]
    assert operator.get(f"{INCIDENTS}?alert=a3").json()["items"] == []


def test_pages_put_together_are_the_whole_list(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    made = []
    for _ in range(3):
        made.insert(0, opened(operator, "a1")["id"])
        web.clock.advance(seconds=1)
    page = operator.get(f"{INCIDENTS}?limit=2").json()
    rest = operator.get(f"{INCIDENTS}?limit=2&cursor={page['next']}").json()
    assert [each["id"] for each in page["items"] + rest["items"]] == made
    assert rest["next"] is None
    assert operator.get(f"{INCIDENTS}?cursor={'x' * 9}").status_code == 422


def test_acknowledging_asks_the_engine_for_each_alert_that_nobody_has_seen(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR, "lan")
    incident = opened(operator, "a1", "a2", "a3")
    with engine(web, acking(web)):
        answer = acted(operator, incident, "ack", comment="đã cử người", until="2026-11-22T12:00:00Z")
        again = acted(operator, incident, "ack")
    assert (answer.status_code, answer.json()["acks"]) == (200, {"asked": 2, "done": 2, "refused": 0, "waiting": 0})
    told = answer.json()["incident"]
    assert (told["state"], told["open"], told["unacked"]) == ("acked", 2, 0)
    assert [each["alert"]["ack_until"] for each in told["members"]] == ["2026-11-22T12:00:00.000Z"] * 2 + [None]
    assert (told["notes"][-1]["deed"], [each["id"] for each in told["notes"][-1]["alerts"]]) == (
        "acknowledged", ["a1", "a2"],
    )  # fmt: skip
    assert [line[1:] for line in web.audit() if line[1] in ("alert.ack", "incident.ack")] == [
        ("incident.ack", incident["id"]), ("alert.ack", "a1"), ("alert.ack", "a2"), ("incident.ack", incident["id"]),
    ]  # fmt: skip
    assert again.json()["acks"]["asked"] == 0
    assert again.json()["incident"]["notes"] == told["notes"]


def test_while_the_engine_is_away_the_acknowledgements_wait_for_it(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.api.asking.PATIENCE_S", 0.2)
    operator = web.signed_in(Role.OPERATOR)
    answer = acted(operator, opened(operator), "ack")
    assert (answer.status_code, answer.json()["acks"]["waiting"]) == (202, 2)
    assert answer.json()["incident"]["state"] == "open"
    assert {each.alert_id for each in web.store.requests()} == {"a1", "a2"}


def test_every_deed_is_told_in_the_timeline_and_in_the_audit(web: Any) -> None:
    web.account("hoa", Role.OPERATOR)
    operator = web.signed_in(Role.OPERATOR, "lan")
    incident, other = opened(operator, "a1"), opened(operator, "a2", title="Việc khác")
    deeds = [
        ("add", {"alerts": ["a3"]}), ("remove", {"alerts": ["a3"]}), ("rename", {"title": "Cáp đứt"}),
        ("lead", {"lead": "hoa"}), ("lead", {}), ("comment", {"comment": "đã gọi"}),
        ("close", {"summary": "đã nối", "force": True, "reason": "cảm biến hỏng"}), ("reopen", {"comment": "lại đứt"}),
        ("merge", {"into": other["id"]}),
    ]  # fmt: skip
    for action, said in deeds:
        answer = acted(operator, incident, action, **said)
        assert answer.status_code == 200, answer.text
    told = answer.json()["incident"]
    assert (told["title"], told["lead"], told["state"], told["merged_into"]) == ("Cáp đứt", None, "closed", other["id"])
    assert [note["deed"] for note in told["notes"]] == [
        "opened", "added", "added", "removed", "renamed", "led", "led", "commented", "closed", "reopened", "merged",
    ]  # fmt: skip
    assert [line[1] for line in web.audit() if line[2] == incident["id"]] == [
        "incident.open", *(f"incident.{action}" for action, _ in deeds),
    ]  # fmt: skip
    assert operator.get(f"{INCIDENTS}/{other['id']}").json()["alerts"] == ["a1", "a2"]


@pytest.mark.parametrize(
    ("action", "said", "status", "code"),
    [
        ("close", {"summary": "xong rồi"}, 409, "incident_not_mitigated"),
        ("close", {"summary": "xong rồi", "force": True}, 422, "invalid"),
        ("close", {}, 422, "invalid"),
        ("reopen", {"comment": "tái diễn"}, 409, "incident_not_closed"),
        ("add", {"alerts": ["a9"]}, 422, "no_such_alert"),
        ("add", {"alerts": []}, 422, "invalid"),
        ("add", {"alerts": ["a1"], "title": "Thêm tên"}, 422, "invalid"),
        ("add", {"alerts": ["x"] * 201}, 422, "invalid"),
        ("remove", {"alerts": ["a3"]}, 409, "not_in_this_incident"),
        ("rename", {"title": " a "}, 422, "invalid"),
        ("rename", {"title": "a" * 201}, 422, "invalid"),
        ("lead", {"lead": "nobody"}, 422, "no_such_account"),
        ("comment", {"comment": "  "}, 422, "invalid"),
        ("ack", {"until": "2020-01-01T00:00:00Z"}, 422, "invalid"),
        ("merge", {"into": "nothing"}, 404, "no_such_incident"),
        ("explode", {}, 422, "invalid"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_changes(
    web: Any, action: str, said: Any, status: int, code: str
) -> None:
    operator = web.signed_in(Role.OPERATOR)
    incident = opened(operator)
    answer = acted(operator, incident, action, **said)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:district-ioc:problem:{code}"), answer.text
    assert operator.get(f"{INCIDENTS}/{incident['id']}").json() == incident
    assert web.store.requests() == ()


@pytest.mark.parametrize(
    "asked",
    [
        {"title": "Không cảnh báo", "alerts": []},
        {"title": "Cảnh báo lạ", "alerts": ["a9"]},
        {"title": "  ", "alerts": ["a1"]},
        {"title": "Người lạ", "alerts": ["a1"], "lead": "nobody"},
        {"title": "Chữ \u0000 lạ", "alerts": ["a1"]},
        {"title": "Thừa", "alerts": ["a1"], "more": 1},
    ],
)
def test_an_incident_about_nothing_or_by_nobody_is_not_opened(web: Any, asked: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    assert operator.post(INCIDENTS, json=asked).status_code == 422
    assert operator.get(INCIDENTS).json()["items"] == []


def test_an_unknown_incident_is_not_found_and_a_refusal_speaks_both_languages(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    assert operator.get(f"{INCIDENTS}/nothing").status_code == 404
    answer = operator.post(f"{INCIDENTS}/nothing/ack")
    assert (answer.status_code, answer.json()["title"], answer.json()["detail"]) == (
        404, "Không có sự vụ này", "there is no such incident",
    )  # fmt: skip

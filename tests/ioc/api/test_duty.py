"""Who is on duty, what was sent, which alerts nobody has taken up: over the API, from the database."""

from typing import Any

import pytest

from alerts.people import Contact
from alerts.people_postgres import PostgresMailroom
from alerts.postgres import PostgresStore
from alerts.roster import Duty, Shift
from alerts.routing import Plan, Route, Step
from ioc.accounts.model import Role
from tests.alerts.conftest import HOT, make

DAILY = frozenset(range(7))
PLAN = Plan(
    {"lan": Contact("lan", ("lan-mail",), "Nguyễn Thị Lan"), "minh": Contact("minh", ("minh-mail",))},
    {"truc": Duty("truc", (Shift(DAILY, 7 * 60, 17 * 60, (("lan",),)), Shift(DAILY, 17 * 60, 7 * 60, (("minh",),))))},
    {"all": Route("all", (Step(("duty:truc",)), Step(("minh",), 60_000)), wait_ms=0)},
)


@pytest.fixture
def busy(web: Any) -> Any:
    """One alert told at eleven in Viet Nam, nobody answers."""
    web.change(plan=PLAN)
    mailroom = PostgresMailroom(web.pool, PLAN)
    district = make(HOT)
    steps = district.hear(web.clock() / 1000, 90)
    PostgresStore(web.pool, owe=mailroom.owe).save(steps)
    for seconds in (0, 61, 62):
        mailroom.advance(web.clock() + seconds * 1000)
    web.alert = steps[0].alert.id
    return web


def test_who_is_on_duty_now_is_told_with_the_next_hand_over(busy: Any) -> None:
    viewer = busy.signed_in(Role.VIEWER)
    (now,) = viewer.get("/api/v1/people/duty").json()["items"]
    assert (now["who"], now["next"]) == (["lan"], {"at": "2026-11-22T10:00:00.000Z", "who": ["minh"]})
    (night,) = viewer.get("/api/v1/people/duty", params={"at": "2026-11-22T23:00:00+07:00"}).json()["items"]
    assert night["who"] == ["minh"]


def test_what_was_sent_is_told_newest_first_by_contact_and_by_alert(busy: Any) -> None:
    operator = busy.signed_in(Role.OPERATOR)
    page = operator.get("/api/v1/people/messages", params={"alert": busy.alert, "limit": 1}).json()
    assert [(each["contact"], each["channel"], each["state"]) for each in page["items"]] == [
        ("minh", "minh-mail", "queued")
    ]
    rest = operator.get("/api/v1/people/messages", params={"limit": 1, "cursor": page["next"]}).json()
    assert [each["contact"] for each in rest["items"]] == ["lan"]
    assert rest["next"] is None
    assert operator.get("/api/v1/people/messages", params={"contact": "nobody"}).json()["items"] == []
    assert page["items"][0]["text"]["vi"].startswith("CẢNH BÁO (nặng)")


def test_an_alert_that_has_run_out_of_people_is_told(busy: Any) -> None:
    (found,) = busy.signed_in(Role.OPERATOR).get("/api/v1/people/escalations").json()["items"]
    assert (found["alert"], found["state"], found["level"]) == (busy.alert, "exhausted", 1)
    assert (found["title"]["vi"], found["device"]) == ("camera-hot", "demo/camera/c1")


def test_contacts_are_told_with_their_ways_by_name(busy: Any) -> None:
    told = busy.signed_in(Role.OPERATOR).get("/api/v1/people/contacts").json()
    assert [(each["display"], each["ways"]) for each in told["contacts"]] == [
        ("Nguyễn Thị Lan", ["lan-mail"]), ("minh", ["minh-mail"]),
    ]  # fmt: skip
    assert told["routes"][0]["steps"][1] == {"to": ["minh"], "after_s": 60.0}


def test_a_made_up_cursor_is_refused(busy: Any) -> None:
    from ioc.api.paging import cursor_after

    made_up = cursor_after("messages", "tomorrow:x")
    answer = busy.signed_in(Role.OPERATOR).get("/api/v1/people/messages", params={"cursor": made_up})
    assert answer.status_code == 422

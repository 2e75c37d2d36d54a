"""Silences and maintenance windows over HTTP."""

from functools import partial
from typing import Any

import pytest

from ioc.accounts.model import Role
from ioc.foreman import Foreman
from ioc.rulebooks import find_grounds
from ioc.site import NOBODY

CAMERAS = {"families": ["camera"]}


def test_a_silence_is_kept_with_its_author_and_given_to_the_engine(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR, "lan")
    asked = {"scope": {**CAMERAS, "areas": ["que-trung"]}, "ends_at": "2026-11-22T06:00:00Z", "reason": "thay nguồn"}
    answer = operator.post("/api/v1/silences", json=asked)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["author"], told["active"], told["ends_at"]) == ("lan", True, "2026-11-22T06:00:00.000Z")
    assert operator.get("/api/v1/silences").json()["items"] == [told]
    (kept,) = web.store.quiets(web.clock())
    assert (kept.id, kept.scope.areas, kept.scope.families) == (told["id"], ("que-trung",), ("camera",))
    assert web.audit()[-1][:2] == ("lan", "silence.add")


def test_a_silence_ended_early_is_gone_for_the_engine_and_stays_on_the_list(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR, "lan")
    asked = {"scope": CAMERAS, "ends_at": "2026-11-22T06:00:00Z", "reason": "thay nguồn"}
    ident = operator.post("/api/v1/silences", json=asked).json()["id"]
    assert operator.delete(f"/api/v1/silences/{ident}").status_code == 204
    assert web.store.quiets(web.clock()) == ()
    (told,) = operator.get("/api/v1/silences").json()["items"]
    assert (told["active"], told["ended_by"]) == (False, "lan")
    assert web.audit()[-1][:2] == ("lan", "silence.end")
    assert operator.delete(f"/api/v1/silences/{ident}").status_code == 404


def test_a_recurring_window_is_kept_as_it_was_asked(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    asked = {
        "scope": CAMERAS, "starts_at": "2026-11-23T22:00:00+07:00", "minutes": 120, "reason": "bảo trì tuần",
        "days": [0], "last_at": "2027-01-31T00:00:00Z",
    }  # fmt: skip
    told = operator.post("/api/v1/maintenance", json=asked).json()
    assert (told["starts_at"], told["minutes"], told["days"], told["active"]) == (
        "2026-11-23T15:00:00.000Z", 120, [0], False,
    )  # fmt: skip
    (kept,) = web.store.quiets(web.clock())
    assert (kept.days, kept.length_ms, kept.zone) == ((0,), 7_200_000, "Asia/Ho_Chi_Minh")
    assert operator.get("/api/v1/maintenance").json()["items"] == [told]
    assert operator.delete(f"/api/v1/maintenance/{told['id']}").status_code == 204
    assert web.store.quiets(web.clock()) == ()


def test_a_device_says_until_when_and_why_it_is_worked_on(district: Any) -> None:
    operator = district.signed_in(Role.OPERATOR, "lan")
    asked = {"starts_at": "2026-11-22T04:00:00Z", "minutes": 60, "reason": "cắt điện"}
    for scope in ({"areas": ["nong-son"]}, {"areas": ["nong-son"], "families": ["wifi"]}, {"rules": ["camera-hot"]}):
        assert operator.post("/api/v1/maintenance", json={**asked, "scope": scope}).status_code == 201
    (address, *_) = (each["address"] for each in operator.get("/api/v1/devices?family=camera").json()["items"])
    told = operator.get(f"/api/v1/devices/{address}").json()["maintenance"]
    assert told == [{"until": "2026-11-22T05:00:00.000Z", "author": "lan", "reason": "cắt điện"}]


def test_the_wall_is_told_of_a_planned_window_with_all_areas_below_and_of_its_being_called_off(district: Any) -> None:
    operator, told = district.signed_in(Role.OPERATOR), []
    foreman = Foreman(district.store, partial(find_grounds, NOBODY, district.pool), told.append, district.clock)
    asked = {"starts_at": "2026-11-22T04:00:00Z", "minutes": 60, "reason": "cắt điện", "scope": {"areas": ["nong-son"]}}
    ident = operator.post("/api/v1/maintenance", json=asked).json()["id"]
    foreman.step()
    operator.delete(f"/api/v1/maintenance/{ident}")
    foreman.step()
    [[work], nothing] = told
    assert (work.areas, work.until - work.since) == ({"nong-son", "que-trung", "que-loc"}, 3_600_000)
    assert nothing == frozenset()


def test_only_those_in_force_or_to_come_are_listed_where_asked_for_with_their_next_time(web: Any) -> None:
    operator = web.signed_in(Role.OPERATOR)
    soon = {"scope": CAMERAS, "ends_at": "2026-11-22T04:30:00Z", "reason": "thay nguồn"}
    later = {**soon, "starts_at": "2026-11-25T00:00:00Z", "ends_at": "2026-11-25T04:00:00Z"}
    weekly = {
        "scope": CAMERAS,
        "starts_at": "2026-11-02T22:00:00+07:00",
        "minutes": 120,
        "reason": "bảo trì tuần",
        "days": [0],
    }
    ended = operator.post("/api/v1/silences", json=later).json()["id"]
    for path, asked in (("silences", soon), ("silences", later), ("maintenance", weekly)):
        operator.post(f"/api/v1/{path}", json=asked)
    operator.delete(f"/api/v1/silences/{ended}")
    web.clock.advance(hours=1)
    (silence,) = operator.get("/api/v1/silences?live=true").json()["items"]
    assert (silence["active"], silence["next_from"], silence["next_to"]) == (
        False, "2026-11-25T00:00:00.000Z", "2026-11-25T04:00:00.000Z",
    )  # fmt: skip
    (window,) = operator.get("/api/v1/maintenance?live=true").json()["items"]
    assert (window["next_from"], window["next_to"]) == ("2026-11-23T15:00:00.000Z", "2026-11-23T17:00:00.000Z")
    assert [each["next_to"] for each in operator.get("/api/v1/silences").json()["items"]].count(None) == 2


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("silences", {"scope": {}, "ends_at": "2026-11-22T06:00:00Z", "reason": "mọi thứ"}),
        ("silences", {"scope": CAMERAS, "ends_at": "2020-01-01T00:00:00Z", "reason": "đã qua"}),
        ("silences", {"scope": CAMERAS, "ends_at": "2027-06-01T00:00:00Z", "reason": "quá dài"}),
        ("silences", {"scope": CAMERAS, "ends_at": "2026-11-22T06:00:00Z"}),
        ("silences", {"scope": {"families": ["tank"]}, "ends_at": "2026-11-22T06:00:00Z", "reason": "không có"}),
        ("maintenance", {"scope": CAMERAS, "starts_at": "2020-01-01T00:00:00Z", "minutes": 5, "reason": "đã qua"}),
        ("maintenance", {"scope": CAMERAS, "starts_at": "2027-01-01T00:00:00Z", "minutes": 0, "reason": "rỗng"}),
    ],
)
def test_what_makes_no_sense_is_refused(web: Any, path: str, asked: Any) -> None:
    assert web.signed_in(Role.OPERATOR).post(f"/api/v1/{path}", json=asked).status_code == 422
    assert web.store.quiets(web.clock()) == ()

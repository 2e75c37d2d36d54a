"""The time machine's question: a picture at a moment, what followed, and how far back it goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.suppression import Maintenance, Scope
from ioc.accounts.model import Role
from ioc.api.times import millis

PATH = "/api/v1/past"


@pytest.fixture
def viewer(district: Any) -> Any:
    """A camera that was in service, went silent for ten minutes, and came back; half an hour ago."""
    begin = moment(district) - timedelta(minutes=30)
    district.sql("UPDATE device SET enrolled_at = now() - interval '30 days'")
    number = district.sql("SELECT id FROM device WHERE address = 'ns/camera/c1'")[0][0]
    with district.pool.connection() as connection:
        for minutes, state, reason in ((-60, "in", ""), (10, "out", "silent"), (20, "in", "")):
            row = (begin + timedelta(minutes=minutes), number, state, reason)
            connection.execute("INSERT INTO presence (ts, device_id, state, reason) VALUES (%s, %s, %s, %s)", row)
    return district.signed_in(Role.VIEWER)


def moment(web: Any) -> datetime:
    return datetime.fromtimestamp(web.clock() / 1000, UTC)


def ask(client: Any, web: Any, **minutes: float) -> Any:
    span = {name: (moment(web) + timedelta(minutes=far)).isoformat() for name, far in minutes.items()}
    return client.get(PATH, params={"from": span["since"], "to": span["until"]})


def states(frame: Any) -> dict[int, int]:
    part = frame["frame"]["layers"].get("devices", {"i": [], "state": []})
    return dict(zip(part["i"], part["state"], strict=True))


def test_the_picture_of_a_moment_is_followed_by_what_changed(viewer: Any, district: Any) -> None:
    answer = ask(viewer, district, since=-30, until=-1).json()
    first, gone, back = answer["frames"]
    about = first["frame"]["layers"]["devices"]["about"]
    camera = about["address"].index("ns/camera/c1")
    assert [states(frame)[camera] for frame in (first, gone, back)] == [0, 3, 0]
    assert gone["figures"]["offline"] == 1
    assert (back["at"] - gone["at"]) / 60_000 == pytest.approx(10, abs=0.2)
    assert answer["first"] is not None


def test_planned_work_is_drawn_where_it_went_on_until_it_was_called_off(viewer: Any, district: Any) -> None:
    began = millis(moment(district)) - 20 * 60_000
    district.store.add_quiet(Maintenance("m1", Scope(("nong-son",)), began, 3_600_000, "lan", "thay nguồn"))
    district.store.end_quiet(Maintenance, "m1", "lan", began + 12 * 60_000)
    first, *later = ask(viewer, district, since=-25, until=-1).json()["frames"]
    camera = first["frame"]["layers"]["devices"]["about"]["address"].index("ns/camera/c1")
    drawn = {round((each["at"] - began) / 60_000): states(each).get(camera) for each in [first, *later]}
    assert (drawn[-5], drawn[0], drawn[12]) == (0, 4, 0)
    assert later[0]["figures"]["states"][4] == 3


def test_a_device_that_came_later_is_not_in_the_past(viewer: Any, district: Any) -> None:
    district.sql("UPDATE device SET enrolled_at = now() WHERE address = 'ns/camera/c1'")
    [first, *_] = ask(viewer, district, since=-30, until=-25).json()["frames"]
    assert "ns/camera/c1" not in first["frame"]["layers"]["devices"]["about"]["address"]


@pytest.mark.parametrize(
    "span", [{"since": -10, "until": -20}, {"since": 10, "until": 20}, {"since": -3000, "until": -1}]
)
def test_a_span_turned_round_to_come_or_too_long_is_refused(viewer: Any, district: Any, span: Any) -> None:
    assert ask(viewer, district, **span).status_code == 422

"""The figures of alarms over the API, from what the store kept."""

from dataclasses import replace
from typing import Any

import pytest

from alerts.model import Severity, Transition
from ioc.accounts.model import Role
from tests.ioc.api.test_alerts import NOW, alert

MINUTE = 60_000


@pytest.fixture
def busy(district: Any) -> Any:
    """Twelve alarms in two minutes in one area, one two days old in another that still stands."""
    burst = [
        Transition(alert(number, announced="open"), None, "ripe", NOW - 10_000 * number, announce="open")
        for number in range(1, 13)
    ]
    old = alert(20, area="que-loc", rule="old", severity=Severity.CRITICAL, firing_since=NOW - 48 * 60 * MINUTE)
    step = Transition(replace(old, announced="open"), None, "ripe", NOW - 48 * 60 * MINUTE, announce="open")
    district.store.save([*burst, step])
    return district


def test_figures_count_what_people_were_told_within_the_span(busy: Any) -> None:
    told = busy.signed_in(Role.VIEWER).get("/api/v1/kpis/alarms", params={"hours": 1, "operators": 2}).json()
    assert (told["alarms"], told["per_hour"], told["most_in_ten_minutes"]) == (12, 6.0, 12)
    assert told["flood_now"] is True
    assert told["verdicts"]["most_in_ten_minutes"] == "fair"
    assert [each["rule"] for each in told["stale"]] == ["old"]
    assert {advice["rule"] for advice in told["advice"] if advice["figure"] == "stale"} == {"old"}
    assert all(set(advice["text"]) == {"vi", "en"} for advice in told["advice"])


def test_an_area_has_figures_of_its_own_with_the_areas_below_it(busy: Any) -> None:
    viewer = busy.signed_in(Role.VIEWER)
    counts = {
        area: viewer.get("/api/v1/kpis/alarms", params={"hours": 72, "area": area}).json()["alarms"]
        for area in ("nong-son", "que-trung", "que-loc")
    }
    assert counts == {"nong-son": 13, "que-trung": 12, "que-loc": 1}

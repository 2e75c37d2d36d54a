"""What keeps people from being told, and what they are told afterwards: the truth, once, if it is news."""

from datetime import UTC, datetime
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from alerts.model import Action, Mute, Refused, Transition
from alerts.suppression import Maintenance, Scope, Silence
from tests.alerts.conftest import GONE, HOT, SILENT, THERE, District, make

MINUTE, HOUR = 60, 3600
CAMERAS = Scope(families=("camera",))


def silence(start_s: int, end_s: int, scope: Scope = CAMERAS, ident: str = "s1") -> Silence:
    return Silence(ident, scope, start_s * 1000, end_s * 1000, "lan", "thay nguồn")


def hush(district: District, at_s: int, *quiets: Silence | Maintenance) -> None:
    district._say(district.engine.adopt_quiets(quiets, at_s * 1000))


def test_a_silenced_alert_is_judged_and_not_told(hot: District) -> None:
    hush(hot, 0, silence(0, 100))
    hot.hear(10, 90)
    assert (hot.state, hot.announced) == ("firing", [])
    assert hot.only.suppressed
    (why,) = hot.only.suppressions
    assert (why.kind, why.author, why.until, why.source) == (Mute.SILENCE, "lan", 100_000, "s1")


def test_after_a_silence_people_hear_what_is_still_bad_once_somebody_has_looked(hot: District) -> None:
    hush(hot, 0, silence(0, 100))
    hot.hear(10, 90)
    hot.tick(100)
    assert hot.announced == []  # nothing was observed since
    hot.hear(130, 90)
    hot.hear(160, 90)
    assert hot.announced == ["open"]
    assert not hot.only.suppressed


def test_after_a_silence_people_hear_of_an_end_they_were_not_told(hot: District) -> None:
    hot.hear(0, 90)
    hush(hot, 5, silence(5, 100))
    hot.hear(10, 70)
    assert (hot.state, hot.announced) == ("cleared", ["open"])
    hot.tick(100)
    hot.hear(130, 70)
    hot.hear(160, 70)
    assert hot.announced == ["open", "clear"]


def test_what_came_and_went_in_a_silence_is_never_told(hot: District) -> None:
    hush(hot, 0, silence(0, 100))
    hot.hear(10, 90)
    hot.hear(20, 70)
    hot.tick(100)
    hot.hear(130, 70)
    assert hot.announced == []


def test_what_went_and_came_back_in_a_silence_is_not_told_anew(hot: District) -> None:
    hot.hear(0, 90)
    hush(hot, 5, silence(5, 100))
    hot.hear(10, 70)
    hot.hear(20, 90)
    hot.tick(100)
    hot.hear(130, 90)
    hot.hear(140, 70)
    assert hot.announced == ["open", "clear"]
    assert hot.only.episode == 1  # to people it was one and the same


def test_the_truth_waits_until_a_running_clock_has_decided() -> None:
    district = make({**HOT, "keep": "1m"})
    district.hear(0, 90)
    hush(district, 5, silence(5, 100))
    district.hear(90, 70)
    district.tick(100)
    district.hear(120, 70)
    assert district.announced == ["open"]  # recovering: not sure yet
    district.tick(150)
    assert district.announced == ["open", "clear"]


def test_only_the_last_of_several_suppressions_frees(hot: District) -> None:
    hush(hot, 0, silence(0, 100), silence(0, 200, ident="s2"))
    hot.hear(10, 90)
    hot.tick(100)
    hot.hear(150, 90)
    assert hot.announced == []
    hot.tick(200)
    hot.hear(210, 90)
    assert hot.announced == ["open"]


def test_a_silent_device_is_told_after_its_own_silence_and_some_grace() -> None:
    district = make(GONE)
    hush(district, 0, silence(0, 100))
    district.see(10, SILENT)
    district.tick(100)
    timeout = 3 * 60 + 60  # three intervals of a minute, and the grace
    district.tick(100 + timeout - 1)
    assert district.announced == []
    district.tick(100 + timeout)
    assert district.announced == ["open"]


def test_ending_a_silence_early_frees_its_alerts(hot: District) -> None:
    hush(hot, 0, silence(0, HOUR))
    hot.hear(10, 90)
    hush(hot, 20)
    hot.hear(30, 90)
    assert hot.announced == ["open"]


def test_an_acknowledged_alert_that_clears_in_a_silence_is_closed_when_people_have_heard(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(1, Action.ACK)
    hush(hot, 5, silence(5, 100))
    hot.hear(10, 70)
    assert (hot.only.condition, hot.only.acked, hot.announced) == ("cleared", True, ["open"])
    hot.tick(100)
    (step,) = hot.hear(130, 70)[-1:]
    assert (step.alert.outcome, step.announce) == ("normal", "clear")


def test_seeing_what_cleared_in_a_silence_does_not_lose_the_message_of_its_end(hot: District) -> None:
    hot.hear(0, 90)
    hush(hot, 5, silence(5, 100))
    hot.hear(10, 70)
    hot.ask(20, Action.ACK)
    hot.tick(100)
    hot.hear(130, 70)
    assert (hot.state, hot.announced) == ("", ["open", "clear"])


def test_a_false_alarm_is_withdrawn_even_in_a_silence(hot: District) -> None:
    hot.hear(0, 90)
    hush(hot, 5, silence(5, 100))
    hot.ask(10, Action.CLOSE, reason="false_alarm")
    assert hot.announced == ["open", "withdrawn"]


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (Scope(areas=("que-trung",)), True),
        (Scope(areas=("que-loc",)), False),
        (Scope(devices=("demo/camera/c1",)), True),
        (Scope(rules=("camera-hot",)), True),
        (Scope(rules=("gone",)), False),
        (Scope(families=("camera",), areas=("que-loc",)), False),
    ],
)
def test_a_scope_covers_what_fits_every_list(hot: District, scope: Scope, covered: bool) -> None:
    hush(hot, 0, silence(0, 100, scope))
    hot.hear(10, 90)
    assert hot.only.suppressed is covered


def test_shelving_needs_an_end_within_a_week(hot: District) -> None:
    hot.hear(0, 90)
    for until in ({}, {"until_s": 8 * 24 * HOUR}):
        refused = hot.ask(1, Action.SHELVE, **until)
        assert isinstance(refused, Refused)
        assert refused.reason == "bad_until"


def test_a_shelved_alert_is_quiet_until_its_end_and_names_who_shelved_it(hot: District) -> None:
    hot.hear(0, 90)
    step = hot.ask(1, Action.SHELVE, until_s=HOUR, text="chờ linh kiện", actor="minh")
    assert isinstance(step, Transition)
    assert (step.cause, step.actor, step.comment) == ("shelve", "minh", "chờ linh kiện")
    hot.hear(10, 70)
    assert hot.announced == ["open"]
    hot.tick(HOUR)
    hot.hear(HOUR + 10, 70)
    assert hot.announced == ["open", "clear"]


def test_an_acknowledgement_that_runs_out_after_the_end_has_nothing_more_to_say(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(1, Action.ACK, until_s=100)
    hot.ask(2, Action.SHELVE, until_s=50)
    hot.hear(10, 70)
    hot.tick(100)
    assert hot.engine.due is None
    hot.hear(110, 70)
    assert hot.announced == ["open", "clear"]


def test_what_was_kept_open_by_a_shelf_alone_is_told_and_closed_once_when_the_shelf_ends(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(1, Action.ACK)
    hot.ask(2, Action.SHELVE, until_s=50)
    hot.hear(60, 70)
    hot.tick(60)
    assert hot.announced == ["open", "clear"]
    assert not hot.engine.alerts
    assert hot.engine.due is None


def test_unshelving_frees_at_once_and_needs_something_shelved(hot: District) -> None:
    hot.hear(0, 90)
    assert isinstance(hot.ask(1, Action.UNSHELVE), Refused)
    hot.ask(2, Action.SHELVE, until_s=HOUR)
    hot.ask(3, Action.UNSHELVE)
    hot.hear(10, 70)
    assert hot.announced == ["open", "clear"]


def test_an_alert_is_assigned_to_someone_and_to_nobody(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(1, Action.ASSIGN, assignee="minh")
    assert hot.only.assignee == "minh"
    hot.ask(2, Action.ASSIGN)
    assert hot.only.assignee is None


def test_a_window_that_comes_every_monday_is_in_force_by_its_own_clock() -> None:
    start = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # Monday, 22:00 in Viet Nam
    first = round(start.timestamp() * 1000)
    window = Maintenance("m1", CAMERAS, first, 3 * HOUR * 1000, "lan", "bảo trì", days=(0,))
    week, hour = 7 * 24 * HOUR * 1000, HOUR * 1000
    assert window.occurrence(first - 1) is None
    assert window.occurrence(first + 2 * hour) == (first, first + 3 * hour)  # past midnight
    assert window.occurrence(first + 4 * hour) is None
    assert window.occurrence(first + week + hour) == (first + week, first + week + 3 * hour)
    assert window.next_start(first) == first + week


def test_a_window_that_begins_suppresses_what_is_open_and_frees_it_at_its_end(hot: District) -> None:
    window = Maintenance("m1", CAMERAS, 100_000, 60_000, "lan", "bảo trì")
    hush(hot, 0, window)
    hot.hear(10, 90)
    hot.tick(100)
    assert [each.kind for each in hot.only.suppressions] == [Mute.MAINTENANCE]
    hot.hear(120, 70)
    hot.tick(160)
    hot.hear(170, 70)
    assert hot.announced == ["open", "clear"]


FACTS = st.lists(
    st.tuples(st.integers(1, 400), st.sampled_from(["bad", "good", "hush", "speak", "ack", "shelve", "tick", "see"])),
    max_size=40,
)


@given(FACTS)
def test_whatever_is_muted_people_end_up_believing_the_truth(story: list[tuple[int, str]]) -> None:
    district, now, until = make(HOT), 0, 0
    for wait, what in story:
        now += wait
        match what:
            case "bad" | "good":
                district.hear(now, 90 if what == "bad" else 70)
            case "hush":
                until = now + 300
                hush(district, now, silence(now, until, ident=f"s{now}"))
            case "speak":
                hush(district, now)
            case "ack" | "shelve" if district.engine.alerts:
                action = Action.ACK if what == "ack" else Action.SHELVE
                district.ask(now, action, until_s=now + 100)
            case "see":
                district.see(now, THERE)
        district.tick(now)
    end = now + 10 * HOUR
    hush(district, end)
    district.tick(end)
    district.hear(end + 60, 70)
    district.tick(end + 60)
    told = [each for each in district.announced if each in ("open", "flapping", "clear", "withdrawn")]
    assert not told or told[-1] in ("clear", "withdrawn")  # in the end it is good: nobody is left believing it is not
    pairs = [each for each in told if each != "flapping"]
    assert all(first != second for first, second in pairwise(pairs))

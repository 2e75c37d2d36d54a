"""The operator's load."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.score.isa import find_floods, measure
from simulators.score.words import Alert


def at(*times, key="r", **facts):
    return [Alert(f"a{n}-{key}", key, f"d{n}", time, time + 300, **facts) for n, time in enumerate(times)]


def test_a_quiet_day_is_within_every_limit():
    load = measure(at(*range(0, 86_400, 7200)), 0, 86_400)
    assert (load.alarms, load.per_operator_hour, load.peak_10_min, load.floods) == (12, 0.5, 1, 0)
    assert (load.crowded_share, load.chattering, load.fleeting, load.stale) == (0, 0, 0, 0)


def test_a_flood_begins_with_the_eleventh_alarm_in_ten_minutes_and_ends_when_fewer_than_five_are_recent():
    raised = [float(n) for n in range(11)]
    [(begins, ends)] = find_floods(raised, 3600)
    assert (begins, ends) == (10, 606)  # at 606 s those of 0 to 6 s are ten minutes old: four are left
    assert find_floods(raised[:10], 3600) == []


def test_a_flood_that_has_not_ended_lasts_to_the_end():
    assert find_floods([float(n) for n in range(11)], 300) == [(10, 300)]


def test_alarms_are_shared_out_among_operators():
    assert measure(at(*range(0, 3600, 300)), 0, 3600, operators=3).per_operator_hour == 4


def test_the_same_alarm_three_times_in_a_minute_chatters():
    same = [Alert(f"a{n}", "r", "d", n * 25.0, n * 25.0 + 5) for n in range(3)]
    load = measure(same, 0, 600)
    assert (load.chattering, load.fleeting) == (1, 3)


def test_an_alarm_open_for_more_than_a_day_is_stale():
    load = measure([Alert("a", "r", "d", 0.0, float("inf"))], 0, 90_000)
    assert load.stale == 1


def test_priorities_are_shares_of_what_was_told():
    told = [*at(1, 2, 3, key="w", severity="warning"), *at(4, key="c", severity="critical")]
    load = measure(told, 0, 600)
    assert load.priorities == {"critical": 0.25, "major": 0, "minor": 0, "warning": 0.75}


def test_what_was_folded_is_no_alarm():
    assert measure(at(1, 2, folded=True), 0, 600).alarms == 0


@given(st.lists(st.floats(0, 20_000), max_size=60).map(sorted))
def test_floods_do_not_overlap_and_lie_within_the_span(raised):
    floods = find_floods(raised, 20_000)
    flat = [time for flood in floods for time in flood]
    assert flat == sorted(flat)
    assert measure(at(*raised), 0, 20_000).flood_share <= 1
    assert measure(at(*raised), 0, 20_000).peak_10_min == pytest.approx(
        max((sum(one - 600 < other <= one for other in raised) for one in raised), default=0)
    )

"""How devices keep what they promise: clock, pace and staying up, as the centre itself measures them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.conduct import CLOCK, PACE, STARTS, Conduct
from ingest.model import Sample

NOW = 1_795_319_000_000
CAMERA = "demo/camera/c1"
MINUTE, TEN_MINUTES = 60_000, 600_000
LONG_AGO = NOW - 10**9


def said(at, seq=1, ahead=0, **facts):
    return Sample(CAMERA, at + ahead, {"fps": 25}, at, "s", seq, **facts)


def conduct(interval_ms=30_000, *, promised=True):
    return Conduct(lambda _device: interval_ms, lambda _device: promised)


def course(every_ms, for_ms, ahead=lambda _at: 0, **facts):
    return [said(NOW + at, at, ahead(at), **facts) for at in range(0, for_ms + 1, every_ms)]


def test_a_device_that_keeps_its_promises_is_measured_every_minute_and_nothing_is_found():
    found = conduct().hear(course(30_000, 10 * MINUTE))
    assert [dict(each.metrics) for each in found] == [{CLOCK: 0, PACE: 1, STARTS: 0}] * 10
    assert {each.received_at - NOW for each in found} == {minute * MINUTE for minute in range(1, 11)}


def test_a_device_that_speaks_once_an_hour_is_measured_once_an_hour():
    assert [each.metrics[PACE] for each in conduct(3_600_000).hear(course(3_600_000, 7_200_000))] == [1, 1]


def test_one_that_speaks_a_hundred_times_as_often_has_a_pace_of_a_hundred():
    assert [each.metrics[PACE] for each in conduct().hear(course(300, 2 * MINUTE))] == [100, 100]


def test_a_clock_that_runs_away_is_told_with_how_far_it_is_ahead():
    found = conduct().hear(course(30_000, 4 * MINUTE, lambda at: at // 2))
    assert [each.metrics[CLOCK] for each in found] == [30, 60, 90, 120]


def test_a_clock_behind_is_told_by_what_is_more_than_an_interval():
    assert [each.metrics[CLOCK] for each in conduct().hear(course(30_000, MINUTE, lambda _at: -630_000))] == [-600]
    assert [each.metrics[CLOCK] for each in conduct().hear(course(30_000, MINUTE, lambda _at: -29_000))] == [0]


def test_one_word_that_was_late_on_its_way_is_no_wrong_clock():
    found = conduct().hear([said(NOW), said(NOW + MINUTE, 2, -900_000), said(NOW + 2 * MINUTE, 3)])
    assert [each.metrics[CLOCK] for each in found if CLOCK in each.metrics] == [0]


def test_a_backlog_told_sample_by_sample_is_neither_a_wrong_clock_nor_shouting():
    backlog = course(250, 3 * MINUTE, lambda at: 120 * at - 7 * 3_600_000)  # thirty seconds in each quarter of one
    found = conduct().hear(backlog)
    assert [each.metrics.get(CLOCK) for each in found] == [None] * 3
    assert [each.metrics[PACE] for each in found] == pytest.approx([1, 1, 1])


def test_a_batch_of_late_samples_says_nothing():
    late = [said(NOW + MINUTE, n, -n * 30_000, late=True) for n in range(200)]
    [found] = conduct().hear([said(NOW), *late, said(NOW + MINUTE)])
    assert found.metrics == {CLOCK: 0, PACE: 0.5, STARTS: 0}


def test_who_never_said_how_often_it_speaks_has_no_pace():
    assert [set(each.metrics) for each in conduct(promised=False).hear(course(300, MINUTE))] == [{CLOCK, STARTS}]


def test_who_gives_no_time_has_no_clock_and_who_numbers_nothing_promises_no_pace():
    [unstamped] = conduct().hear(course(MINUTE, MINUTE, stamped=False))
    [foreign] = conduct().hear([Sample(CAMERA, at, {"fps": 25}, at) for at in (NOW, NOW + MINUTE)])
    assert set(unstamped.metrics) == {STARTS}
    assert set(foreign.metrics) == {CLOCK, STARTS}


def test_our_own_clock_set_back_begins_a_new_minute():
    found = conduct().hear([*course(30_000, MINUTE), said(NOW - 3_600_000), said(NOW - 3_600_000 + MINUTE)])
    assert [each.metrics.get(CLOCK) for each in found] == [0, None, 0]


def test_a_start_is_told_at_once_and_counts_for_ten_minutes():
    watched = conduct()
    [first] = watched.begin([CAMERA], NOW, LONG_AGO)
    [second] = watched.begin([CAMERA, CAMERA], NOW + MINUTE, LONG_AGO)
    assert (first.metrics, second.metrics) == ({STARTS: 1}, {STARTS: 3})
    assert watched.tick(NOW + TEN_MINUTES - 1) == []
    assert [each.metrics for each in watched.tick(NOW + TEN_MINUTES)] == [{STARTS: 2}]
    assert [each.metrics for each in watched.tick(NOW + TEN_MINUTES + MINUTE)] == [{STARTS: 0}]
    assert watched.tick(NOW + 9 * TEN_MINUTES) == []


def test_what_the_broker_kept_for_us_counts_as_no_start():
    assert conduct().begin([CAMERA] * 5, NOW + 89_999, hearing_since=NOW) == []
    assert conduct().begin([CAMERA], NOW + 90_000, hearing_since=NOW) != []


@given(st.lists(st.integers(1, 200_000), max_size=40), st.integers(0, 700_000))
def test_the_last_that_is_told_of_a_device_is_how_often_it_began_within_ten_minutes(pauses, wait):
    watched, at, begun, told = conduct(), NOW, [], 0
    for pause in (*pauses, None):
        at += wait if pause is None else pause
        for each in watched.tick(at):
            told = each.metrics[STARTS]
        if pause is not None:
            begun.append(at)
            told = watched.begin([CAMERA], at, LONG_AGO)[-1].metrics[STARTS]
    assert told == sum(at - when < TEN_MINUTES for when in begun)


@given(st.integers(200, 120_000), st.integers(1_000, 600_000))
def test_the_pace_is_how_many_intervals_fit_between_two_words(every, interval):
    found = conduct(interval).hear(course(every, 5 * MINUTE + every))
    assert all(each.metrics[PACE] == pytest.approx(interval / every, rel=0.01, abs=0.06) for each in found)
    assert all(later.ts - earlier.ts >= MINUTE for earlier, later in pairwise(found))

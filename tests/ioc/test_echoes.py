"""What echoes say: latencies, what is slow, what is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.echoes import BOUNDS_MS, KEPT, PATIENCE_MS, SLOW_MS, Echoes, Health, Leg, percentile

times = st.floats(0, 20_000, allow_nan=False)


@given(st.lists(times, min_size=1, max_size=150), st.floats(0.01, 1))
def test_a_percentile_is_the_least_value_that_enough_do_not_exceed(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


def test_nothing_has_no_percentile():
    assert percentile([], 0.5) is None


def answered(took):
    """One sample after the other, each with its echo on both legs after so long."""
    echoes, at = Echoes(), 0.0
    for stamp, each in enumerate(took):
        echoes.sent(stamp, at)
        at += each
        for leg in Leg:
            echoes.heard(leg, stamp, at)
    return echoes, at


@given(st.lists(times, max_size=150))
def test_a_latency_counts_every_echo_and_knows_the_last_hundred(took):
    echoes, _ = answered(took)
    latency = echoes.latencies()[Leg.LIVE]
    assert latency.count == len(took)
    assert latency.total == pytest.approx(sum(took), abs=1e-3)
    recent = sorted(took[-KEPT:])
    assert (latency.p50 is None) == (not took)
    if took:
        assert latency.last == pytest.approx(took[-1], abs=1e-3)
        assert recent[0] - 1e-3 <= latency.p50 <= latency.p95 + 1e-3 <= recent[-1] + 2e-3


@given(st.lists(st.floats(0, 20_000).filter(lambda ms: all(abs(ms - bound) > 0.01 for bound in BOUNDS_MS))))
def test_a_bucket_counts_all_that_took_no_longer(took):
    echoes, _ = answered(took)
    assert echoes.latencies()[Leg.STORED].buckets == [sum(ms <= bound for ms in took) for bound in BOUNDS_MS]


steps = st.lists(
    st.tuples(st.floats(0, 3_000), st.sampled_from(["send", "stored", "live", "look"]), st.integers(0, 5)), max_size=80
)


@given(steps)
def test_each_sample_is_lost_at_most_once_a_leg_and_only_after_our_patience(steps):
    echoes, now, sent, waiting = Echoes(), 0.0, {}, {leg: {} for leg in Leg}
    overdue = {leg: set() for leg in Leg}
    for wait, what, back in steps:
        now += wait
        if what == "send":
            sent[stamp := len(sent)] = now
            echoes.sent(stamp, now)
            for leg in Leg:
                waiting[leg][stamp] = now
        elif what == "look":
            verdict = echoes.look(now)
            late = {leg: {s for s, at in waiting[leg].items() if now - at >= PATIENCE_MS} for leg in Leg}
            for leg in Leg:
                overdue[leg] |= late[leg]
            assert (verdict.health is Health.LOST) == any(late.values())
            assert echoes.lost() == {leg: len(overdue[leg]) for leg in Leg}
        elif sent:
            stamp = max(len(sent) - 1 - back, 0)
            echoes.heard(Leg(what), stamp, now)
            if stamp in waiting[Leg(what)]:
                waiting[Leg(what)] = {s: at for s, at in waiting[Leg(what)].items() if s > stamp}


def test_before_the_first_echo_it_waits_then_it_says_which_leg_fails():
    echoes = Echoes()
    assert echoes.look(0).health is Health.WAITING
    echoes.sent(1, 0)
    echoes.heard(Leg.STORED, 1, 40)
    assert (echoes.look(100).health, echoes.look(100).leg) == (Health.WAITING, Leg.LIVE)
    assert (echoes.look(PATIENCE_MS).health, echoes.look(PATIENCE_MS).leg) == (Health.LOST, Leg.LIVE)
    echoes.sent(2, PATIENCE_MS)
    for leg in Leg:
        echoes.heard(leg, 2, PATIENCE_MS + 90)
    assert echoes.look(PATIENCE_MS + 100).health is Health.OK
    assert echoes.lost() == {Leg.STORED: 0, Leg.LIVE: 1}


def test_an_echo_that_is_late_or_does_not_come_is_slow():
    echoes, now = answered([50.0, SLOW_MS + 1])
    assert echoes.look(now).health is Health.SLOW
    echoes, now = answered([50.0])
    echoes.sent(9, now)
    assert echoes.look(now + SLOW_MS).health is Health.OK
    assert (echoes.look(now + SLOW_MS + 1).health, echoes.look(now + SLOW_MS + 1).leg) == (Health.SLOW, Leg.STORED)


def test_an_echo_answers_for_those_before_it_and_a_strange_one_for_nobody():
    echoes = Echoes()
    for stamp in (1, 2, 3):
        echoes.sent(stamp, stamp)
    echoes.heard(Leg.LIVE, 77, 5)
    echoes.heard(Leg.LIVE, 2, 52)
    echoes.heard(Leg.LIVE, 1, 60)
    latency = echoes.latencies()[Leg.LIVE]
    assert (latency.count, latency.last) == (1, 50)


def test_what_waits_is_bounded_however_long_nothing_comes_back():
    echoes = Echoes()
    for stamp in range(10 * KEPT):
        echoes.sent(stamp, stamp * 5_000.0)
        echoes.look(stamp * 5_000.0)
    assert echoes.lost()[Leg.STORED] == 10 * KEPT - 2

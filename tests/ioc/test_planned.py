"""Planned work taken out of availability: each occurrence, what it covers, and nothing after it was called off."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from alerts.domains import Grounds
from alerts.store import MemoryStore
from alerts.suppression import DAY_MS, Maintenance, Scope, Silence
from ioc.planned import maintenance, occurrences, works
from maps.works import Work

HOUR = 3_600_000
MONDAY = 1_795_395_600_000  # 2026-11-23 08:00 in Viet Nam
BELOW = {"huyen": ["huyen", "xa-1", "xa-2"], "xa-1": ["xa-1"]}


def planned(scope=None, **facts):
    once = {"id": "m1", "scope": scope or Scope(areas=("xa-1",)), "starts_at": MONDAY, "length_ms": 2 * HOUR}
    return Maintenance(**{**once, "author": "lan", "reason": "thay bộ nguồn", **facts})


def windows(*quiets, hours=(0, 48)):
    store = MemoryStore()
    for quiet in quiets:
        store.add_quiet(quiet)
    span = [datetime.fromtimestamp((MONDAY + hour * HOUR) / 1000, UTC) for hour in hours]
    return maintenance(store, BELOW.__getitem__)(*span)


def test_an_area_means_also_those_below_it_and_families_and_devices_narrow_it():
    found = windows(planned(Scope(areas=("huyen",), families=("camera",))))
    assert {(window.area, window.family, window.device) for window in found} == {
        ("huyen", "camera", None), ("xa-1", "camera", None), ("xa-2", "camera", None),
    }  # fmt: skip


def test_work_on_single_rules_takes_nothing_out():
    assert windows(planned(Scope(rules=("camera-hot",)))) == []


def test_daily_work_counts_each_day_until_it_is_called_off():
    daily = planned(days=(0, 1, 2, 3, 4, 5, 6))
    found = list(occurrences(daily, MONDAY, MONDAY + 3 * DAY_MS, None))
    assert found == [(MONDAY + day * DAY_MS, MONDAY + day * DAY_MS + 2 * HOUR) for day in range(3)]
    called_off = MONDAY + DAY_MS + HOUR
    assert list(occurrences(daily, MONDAY, MONDAY + 3 * DAY_MS, called_off))[-1] == (MONDAY + DAY_MS, called_off)


def test_work_called_off_before_a_span_takes_nothing_out_of_it():
    assert list(occurrences(planned(), MONDAY + HOUR, MONDAY + 2 * HOUR, MONDAY + HOUR // 2)) == []


def test_the_wall_draws_each_piece_of_work_whole_with_all_areas_below():
    grounds = Grounds({"huyen": None, "xa-1": "huyen", "thon-1": "xa-1", "xa-2": "huyen"})
    kept = [(planned(Scope(areas=("xa-1",), families=("camera",))), None), (planned(), MONDAY + HOUR)]
    first, called_off = works(kept, grounds, MONDAY + HOUR // 2, MONDAY + HOUR // 2 + 1)
    below = frozenset({"xa-1", "thon-1"})
    assert first == Work(MONDAY, MONDAY + 2 * HOUR, below, frozenset({"camera"}))
    assert called_off == Work(MONDAY, MONDAY + HOUR, below)


def test_the_wall_draws_neither_work_on_single_rules_nor_silences():
    silence = Silence("s1", Scope(areas=("xa-1",)), MONDAY, MONDAY + HOUR, "lan", "ồn")
    kept = [(planned(Scope(areas=("xa-1",), rules=("camera-hot",))), None), (silence, None)]
    assert list(works(kept, Grounds(), MONDAY, MONDAY + 1)) == []


@given(st.integers(0, 72), st.integers(1, 72), st.integers(1, 47), st.sets(st.integers(0, 6), max_size=7))
def test_every_moment_of_a_span_is_covered_exactly_when_the_work_goes_on(begin, span, length, days):
    work = planned(days=tuple(sorted(days)), length_ms=length * HOUR // 2)
    low, high = MONDAY + begin * HOUR, MONDAY + (begin + span) * HOUR
    found = list(occurrences(work, low, high, None))
    for at in range(low, high, HOUR // 2):
        assert any(start <= at < end for start, end in found) == (work.occurrence(at) is not None)

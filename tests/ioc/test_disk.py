"""The forecast of the disk and the order of what is given up, by example and by made-up histories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.disk import DAY_MS, LONG_DAYS, Drop, Forecast, Look, Step, forecast, next_to_go, order
from ioc.errors import SettingsError

GB = 10**9
HOUR = DAY_MS // 24
NOW = 1_795_320_306_789
ORDER = order(["raw beyond 90 days", "minute beyond 365 days", "raw beyond 7 days"])


def history(hours, start, a_day, free, total=100 * GB):
    looks = [Look(NOW - (hours - hour) * HOUR, int(start + a_day * hour / 24)) for hour in range(hours)]
    return [*looks, Look(NOW, int(start + a_day * hours / 24), free, total)]


def test_a_gigabyte_a_day_on_ten_free_ones_lasts_ten_days():
    found = forecast(history(7 * 24, 5 * GB, GB, 10 * GB))
    assert found.days_left == pytest.approx(10, abs=0.1)
    assert found.bytes_a_day == pytest.approx(GB, rel=1e-6)
    assert found.used_pct == 90.0


@given(st.integers(6, 14 * 24), st.integers(1, 10**10), st.integers(0, 10**12))
def test_steady_growth_is_found_whatever_the_length_of_the_history(hours, a_day, free):
    found = forecast(history(hours, GB, a_day, free, 10**12))
    assert found.bytes_a_day == pytest.approx(a_day, rel=0.02, abs=50)
    assert 0 <= found.days_left <= LONG_DAYS


def test_a_database_that_does_not_grow_has_no_end_in_sight():
    assert forecast(history(48, GB, 0, 1)).days_left == LONG_DAYS
    assert forecast(history(48, GB, -GB / 100, 1)).days_left == LONG_DAYS


def test_nothing_is_foretold_from_less_than_six_hours_or_of_a_disk_nobody_sees():
    assert forecast([]) == Forecast(None, None, None)
    young = forecast(history(5, GB, GB, 50 * GB))
    assert (young.used_pct, young.days_left) == (50.0, None)
    far = forecast(history(24, GB, GB, None, None))
    assert (far.used_pct, far.days_left) == (None, None)
    assert far.bytes_a_day == pytest.approx(GB, rel=1e-6)


PLENTY, FULL, SOON = Forecast(50, GB, 40), Forecast(93, GB, 40), Forecast(50, GB, 2)


def days_ago(days):
    return NOW - days * DAY_MS


@pytest.mark.parametrize("standing", [FULL, SOON])
def test_what_is_older_goes_first_in_the_order_told(standing):
    oldest = {"raw": days_ago(100), "minute": days_ago(500)}
    assert next_to_go(ORDER, standing, oldest, NOW) == Drop("raw", days_ago(90), 90)
    assert next_to_go(ORDER, standing, {**oldest, "raw": days_ago(90)}, NOW) == Drop("minute", days_ago(365), 365)
    rest = {"raw": days_ago(90), "minute": days_ago(365)}
    assert next_to_go(ORDER, standing, rest, NOW) == Drop("raw", days_ago(7), 7)
    assert next_to_go(ORDER, standing, {"raw": days_ago(7)}, NOW) is None


def test_nothing_goes_while_there_is_room_or_nobody_knows():
    oldest = {"raw": days_ago(1000)}
    assert next_to_go(ORDER, PLENTY, oldest, NOW) is None
    assert next_to_go(ORDER, Forecast(None, None, None), oldest, NOW) is None


@given(st.lists(st.tuples(st.sampled_from(["raw", "minute", "hour"]), st.integers(1, 900)), max_size=6),
       st.dictionaries(st.sampled_from(["raw", "minute", "hour"]), st.integers(0, 2000)))  # fmt: skip
def test_giving_up_again_and_again_ends_and_never_takes_what_is_younger_than_told(told, ages):
    steps = [Step(what, days) for what, days in told]
    oldest = {what: days_ago(days) for what, days in ages.items()}
    for _ in range(len(steps) + 1):
        drop = next_to_go(steps, FULL, oldest, NOW)
        if drop is None:
            break
        assert drop.before <= days_ago(min(days for what, days in told if what == drop.what))
        oldest[drop.what] = drop.before
    assert next_to_go(steps, FULL, oldest, NOW) is None


@pytest.mark.parametrize("wrong", ["audit beyond 30 days", "ledger beyond 1 day", "raw", "raw beyond 0 days", ""])
def test_only_readings_and_their_sums_are_ever_given_up(wrong):
    with pytest.raises(SettingsError, match=r"store\.give_up"):
        order(["raw beyond 30 days", wrong])

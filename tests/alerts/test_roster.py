"""Who is on duty: shifts, rotations with their hand-over, holidays, covers, time zones."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.people import ZONE
from alerts.roster import HOLIDAY, Cover, Duty, Shift, gaps, handover, on_duty

EVERY_DAY = frozenset(range(7))
WEEK = frozenset(range(5))
NATIONAL_DAY = date(2026, 9, 2)
HOUR = 3_600_000


def at(text: str, zone: ZoneInfo = ZONE) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def shift(begins: int, ends: int, *crews: str, days: frozenset[int] = EVERY_DAY, **facts: object) -> Shift:
    return Shift(days, begins * 60, ends * 60, tuple((crew,) for crew in crews), **facts)  # type: ignore[arg-type]


DAY_AND_NIGHT = Duty("truc", (shift(7, 17, "lan"), shift(17, 7, "minh", "hoa", since=date(2026, 11, 23), every=7)))


def test_a_shift_begins_at_its_minute_and_ends_before_its_last() -> None:
    assert on_duty(DAY_AND_NIGHT, at("2026-11-25 07:00")) == ("lan",)
    assert on_duty(DAY_AND_NIGHT, at("2026-11-25 17:00") - 1) == ("lan",)
    assert on_duty(DAY_AND_NIGHT, at("2026-11-25 17:00")) == ("minh",)


def test_a_night_belongs_to_the_day_that_it_began_on_at_the_hand_over_of_a_rotation() -> None:
    assert on_duty(DAY_AND_NIGHT, at("2026-11-30 06:59")) == ("minh",)  # Sunday's night, Monday morning
    assert on_duty(DAY_AND_NIGHT, at("2026-11-30 17:00")) == ("hoa",)
    assert on_duty(DAY_AND_NIGHT, at("2026-12-07 17:00")) == ("minh",)
    assert on_duty(DAY_AND_NIGHT, at("2026-11-16 17:00")) == ("hoa",)  # it also turned before its beginning


def test_the_next_hand_over_is_told_with_who_comes() -> None:
    assert handover(DAY_AND_NIGHT, at("2026-11-25 08:00")) == (at("2026-11-25 17:00"), ("minh",))
    assert handover(Duty("sole", (shift(0, 24 % 24, "lan"),)), at("2026-11-25 08:00")) is None


def test_a_holiday_has_shifts_of_its_own_where_the_roster_has_any() -> None:
    working = shift(7, 17, "lan", days=WEEK)
    festive = Duty("truc", (working, shift(0, 0, "hoa", days=frozenset({HOLIDAY}))), holidays=frozenset({NATIONAL_DAY}))
    assert on_duty(festive, at("2026-09-02 08:00")) == ("hoa",)
    assert on_duty(festive, at("2026-09-03 08:00")) == ("lan",)
    plain = Duty("truc", (working,), holidays=frozenset({NATIONAL_DAY}))
    assert on_duty(plain, at("2026-09-02 08:00")) == ("lan",)


def test_a_cover_stands_in_for_one_or_for_all() -> None:
    two = Shift(EVERY_DAY, 0, 0, (("lan", "minh"),))
    begins, ends = at("2026-11-25 10:00"), at("2026-11-25 12:00")
    one = Duty("truc", (two,), (Cover(begins, ends, ("hoa",), instead_of="minh"),))
    everybody = Duty("truc", (two,), (Cover(begins, ends, ("hoa",)),))
    assert [on_duty(one, moment) for moment in (begins - 1, begins, ends)] == [
        ("lan", "minh"), ("lan", "hoa"), ("lan", "minh"),
    ]  # fmt: skip
    assert on_duty(everybody, begins) == ("hoa",)


def test_a_roster_keeps_to_the_clock_of_its_zone_also_when_that_is_put_forward() -> None:
    paris = ZoneInfo("Europe/Paris")
    duty = Duty("paris", (shift(8, 16, "anne"),), zone=paris)
    assert on_duty(duty, round(datetime(2026, 3, 28, 7, tzinfo=UTC).timestamp() * 1000)) == ("anne",)  # UTC+1
    assert on_duty(duty, round(datetime(2026, 3, 29, 6, tzinfo=UTC).timestamp() * 1000)) == ("anne",)  # UTC+2
    assert on_duty(duty, at("2026-03-29 07:59", paris)) == ()


def test_the_gaps_of_a_roster_are_found() -> None:
    office = Duty("office", (shift(7, 17, "lan", days=WEEK),))
    found = list(gaps(office, at("2026-11-27 12:00"), at("2026-11-30 12:00")))  # Friday to Monday
    assert sum(ends - begins for begins, ends in found) == at("2026-11-30 07:00") - at("2026-11-27 17:00")
    assert list(gaps(DAY_AND_NIGHT, at("2026-11-27 12:00"), at("2026-12-05 12:00"))) == []


@given(st.integers(0, 14 * 24 * 60).map(lambda minutes: at("2026-11-16 00:00") + minutes * 60_000))
def test_until_the_hand_over_the_same_people_are_on_duty(moment: int) -> None:
    then, who = handover(DAY_AND_NIGHT, moment) or (0, ())
    assert moment < then <= moment + 14 * HOUR
    assert {on_duty(DAY_AND_NIGHT, each) for each in range(moment, then, HOUR // 2)} == {on_duty(DAY_AND_NIGHT, moment)}
    assert on_duty(DAY_AND_NIGHT, then) == who != on_duty(DAY_AND_NIGHT, moment)

"""Flapping in Icinga's numbers, and chattering in ISA-18.2's."""

import pytest

from alerts.flapping import Flaps, chattering
from tests.alerts.conftest import GONE, SILENT, THERE, District, make


def test_five_changes_are_not_flapping_and_the_sixth_is() -> None:
    """AC-15: 28.5 % at the fifth, 33.9 % at the sixth."""
    flaps = Flaps(bad=False, at=0)
    values = []
    for number in range(1, 7):
        flaps = flaps.seen(number * 60_000, 60_000, bad=number % 2 == 1)
        values.append((round(flaps.value, 1), flaps.flapping))
    assert values[4:] == [(28.5, False), (33.9, True)]


def test_one_message_says_that_it_flaps_and_one_that_it_is_bad_when_it_is_steady(hot: District) -> None:
    """AC-15: one flap-start message; after the end in a bad state exactly one problem."""
    for number in range(12):
        hot.hear(number * 60, 90 if number % 2 == 0 else 70)
    before = len(hot.announced)
    assert hot.announced == ["open", "clear", "open", "clear", "open", "flapping"]
    for number in range(12, 40):
        hot.hear(number * 60, 90)
    assert hot.announced[before:] == ["open"]
    hot.hear(40 * 60, 70)
    assert hot.announced[-1] == "clear"


def test_flapping_that_ends_well_is_told_as_over(hot: District) -> None:
    for number in range(12):
        hot.hear(number * 60, 90 if number % 2 == 0 else 70)
    for number in range(12, 40):
        hot.hear(number * 60, 70)
    assert hot.announced[-2:] == ["flapping", "clear"]


def test_a_presence_that_stays_counts_as_steady_by_time_alone() -> None:
    district = make(GONE)
    for number in range(7):
        district.see(number * 60, SILENT if number % 2 == 0 else THERE)
    assert district.announced[-1] == "flapping"
    district.tick(3 * 3600)
    assert district.announced[-2:] == ["flapping", "open"]


def test_one_change_a_day_is_not_flapping() -> None:
    district = make(GONE)
    for day in range(20):
        district.see(day * 86_400, SILENT if day % 2 == 0 else THERE)
        district.tick(day * 86_400)
    assert "flapping" not in district.announced


@pytest.mark.parametrize(("times", "chatters"), [([0, 20, 59], True), ([0, 20, 60], False), ([0, 1], False)])
def test_three_comings_within_a_minute_are_chattering(times: list[int], chatters: bool) -> None:
    assert chattering([time * 1000 for time in times]) is chatters

"""What becomes of a letter."""

from dataclasses import replace
from typing import Any

import pytest

from alerts import outbox
from alerts.model import Action, Transition
from alerts.outbox import Delivery, Letter, post
from alerts.wording import describe, measured
from tests.alerts.conftest import HOT, District, make


def opening(district: District) -> Transition:
    (step,) = district.hear(0, 90)
    return step


@pytest.fixture
def letter(hot: District) -> Letter:
    (written,) = post(opening(hot), ["duty"], [])
    return written


def acked(hot: District, at_s: float) -> Transition:
    step = hot.ask(at_s, Action.ACK)
    assert isinstance(step, Transition)
    return step


def test_a_step_that_is_told_writes_one_letter_a_channel(hot: District) -> None:
    letters = post(opening(hot), ["duty", "chief"], [])
    assert [each.channel for each in letters] == ["duty", "chief"]
    assert len({each.key for each in letters}) == 2


def test_a_step_that_is_not_told_writes_none() -> None:
    district = make({**HOT, "for": "90s"})
    assert post(opening(district), ["duty"], []) == []


def test_a_letter_that_fails_for_now_is_tried_three_times_more(letter: Letter) -> None:
    waits, now = [], 0
    while letter.state is Delivery.QUEUED:
        letter = outbox.delayed(outbox.lease(letter, now), now, "HTTP 503")
        waits.append(letter.due_at - now)
        now = letter.due_at
    assert waits[:-1] == [15_000, 30_000, 60_000]
    assert (letter.state, letter.attempts, letter.error) == (Delivery.FAILED, 4, "HTTP 503")


def test_a_letter_its_receiver_refuses_is_not_tried_again(letter: Letter) -> None:
    assert outbox.refused(outbox.lease(letter, 0), 1, "HTTP 404").state is Delivery.FAILED


def test_a_lease_that_ran_out_makes_the_letter_due_again_under_its_key(letter: Letter) -> None:
    leased = outbox.lease(letter, 0)
    assert outbox.next_due([leased], "duty", 9_999) is None
    again = outbox.next_due([leased], "duty", 10_000)
    assert again is not None
    assert (outbox.lease(again, 10_000).key, outbox.lease(again, 10_000).attempts) == (letter.key, 2)


def test_a_letter_that_killed_too_many_couriers_is_given_up(letter: Letter) -> None:
    assert outbox.lease(replace(letter, attempts=4), 0).state is Delivery.FAILED


def test_an_acknowledgement_cancels_what_never_left(hot: District, letter: Letter) -> None:
    (cancelled,) = post(acked(hot, 1), ["duty"], [letter])
    assert (cancelled.key, cancelled.state) == (letter.key, Delivery.CANCELLED)


def test_an_acknowledgement_leaves_what_may_have_arrived(hot: District, letter: Letter) -> None:
    retried = outbox.delayed(outbox.lease(letter, 0), 0, "ReadTimeout")
    assert post(acked(hot, 1), ["duty"], [retried]) == []


def test_who_was_never_told_of_the_trouble_is_not_told_of_its_end(hot: District, letter: Letter) -> None:
    (step,) = hot.hear(1, 70)
    told = outbox.sent(outbox.lease(replace(letter, channel="chief", key="other"), 0), 1)
    changed = post(step, ["duty", "chief"], [letter, told])
    assert [(each.channel, each.state, each.announce) for each in changed] == [
        ("duty", Delivery.CANCELLED, "open"),
        ("chief", Delivery.QUEUED, "clear"),
    ]


def test_the_end_waits_for_the_beginning_to_be_settled(hot: District, letter: Letter) -> None:
    first = outbox.delayed(outbox.lease(letter, 0), 0, "HTTP 503")
    (end,) = post(hot.hear(1, 70)[0], ["duty"], [first])
    assert outbox.next_due([first, end], "duty", 10_000) is None
    assert outbox.next_due([outbox.sent(first, 1), end], "duty", 10_000) == end


@pytest.mark.parametrize(
    ("metric", "value", "vi", "en"),
    [
        ("temperature_c", 82.34, " [82,3 °C]", " [82.3 °C]"),
        ("mains_v", 0.0, " [0 V]", " [0 V]"),
        ("bitrate_bps", 4_260_000, " [4,3 Mb/s]", " [4.3 Mb/s]"),
        ("uptime_s", 86_400, " [86.400 s]", " [86,400 s]"),
        ("clients", 1_200, " [clients = 1.200]", " [clients = 1,200]"),
        ("motion", True, " [motion = True]", " [motion = True]"),
        ("fps", None, "", ""),
        (None, 3, "", ""),
    ],
)
def test_a_value_is_told_with_its_unit_and_the_marks_of_the_language(metric: Any, value: Any, vi: str, en: str) -> None:
    assert [measured(metric, value, language) for language in ("vi", "en")] == [vi, en]


def test_a_step_is_worded_in_both_languages() -> None:
    district = make({**HOT, "title": {"vi": "Camera quá nóng", "en": "Camera is too hot"}})
    said = describe(opening(district))
    assert said["text"] == {
        "vi": "CẢNH BÁO (nặng): Camera quá nóng – demo/camera/c1 [90 °C]",
        "en": "ALERT (major): Camera is too hot – demo/camera/c1 [90 °C]",
    }
    assert said["at"] == "1970-01-01T00:00:00.000Z"

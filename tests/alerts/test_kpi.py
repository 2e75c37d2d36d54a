"""The ISA-18.2 figures of alarms, on canned days and made-up ones."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.kpi import DAY, HOUR, MINUTE, WINDOW, Standing, Told, course, figures, floods, most_within
from alerts.kpi_advice import advise, verdicts
from alerts.model import Announce, Severity

SECOND = 1000


def told(at: int, number: int = 0, announce: Announce = Announce.OPEN, **facts: object) -> Told:
    usual = {"rule": "hot", "subject": f"ns/camera/c{number}", "severity": Severity.WARNING}
    return Told(at, f"a{number}-{at}" if announce is Announce.OPEN else str(facts.pop("alert_id")), announce=announce,
                **{**usual, **facts})  # fmt: skip


def day(alarms: int) -> list[Told]:
    """So many alarms, evenly over a day, each of a device of its own."""
    return [told(number * DAY // alarms, number) for number in range(alarms)]


def test_a_canned_day_of_144_alarms_is_six_an_hour_and_one_in_ten_minutes() -> None:
    """AC-38."""
    found = figures(day(144), [], 0, DAY)
    assert (found.alarms, found.per_hour, found.per_ten_minutes, found.per_day) == (144, 6.0, 1.0, 144.0)
    assert (found.most_in_ten_minutes, found.busy_windows_share, found.floods) == (1, 0.0, ())
    assert {verdicts(found)[name] for name in ("per_hour", "per_ten_minutes", "per_day")} == {"good"}


def test_rates_are_per_operator() -> None:
    assert figures(day(144), [], 0, DAY, operators=2).per_hour == 3.0


def test_what_is_no_alarm_is_not_counted() -> None:
    ends = [told(each.at + HOUR, announce=Announce.CLEAR, alert_id=each.alert_id) for each in day(10)]
    reminders = [told(5, announce=Announce.REMINDER, alert_id="a0-0")]
    assert figures([*day(10), *ends, *reminders], [], 0, DAY).alarms == 10


def test_eleven_alarms_in_ten_minutes_are_a_flood_and_ten_are_not() -> None:
    """AC-38."""
    assert floods([number * 54 * SECOND for number in range(10)], DAY) == ()
    (flood,) = floods([number * 54 * SECOND for number in range(11)], DAY)
    assert (flood.since, flood.alarms) == (540 * SECOND, 11)


def test_a_flood_ends_when_a_window_has_fewer_than_five() -> None:
    """AC-38."""
    times = [number * SECOND for number in range(11)]
    (flood,) = floods(times, DAY)
    assert flood.until == 6 * SECOND + WINDOW  # the seventh leaves the window: four are left
    (lasting,) = floods(times, 5 * MINUTE)
    assert lasting.until is None
    assert figures([told(at, at) for at in times], [], 0, 5 * MINUTE).flooded


def test_a_source_that_comes_three_times_in_a_minute_chatters() -> None:
    found = figures([told(at * SECOND, 1) for at in (0, 20, 40)] + [told(0, 2), told(300 * SECOND, 2)], [], 0, DAY)
    assert [(each.subject, each.count) for each in found.chattering] == [("ns/camera/c1", 3)]


def test_more_than_five_steps_in_five_minutes_are_chatter_too() -> None:
    steps = []
    for at in (0, 90, 180):
        steps += [told(at * SECOND, 1), told((at + 60) * SECOND, 1, Announce.CLEAR, alert_id=f"a1-{at * SECOND}")]
    assert [each.rule for each in figures(steps, [], 0, DAY).chattering] == ["hot"]
    assert figures(steps[:5], [], 0, DAY).chattering == ()


def test_an_alarm_that_is_over_within_ten_seconds_is_fleeting() -> None:
    brief = [told(0, 1), told(9999, 1, Announce.CLEAR, alert_id="a1-0")]
    longer = [told(0, 2), told(10_000, 2, Announce.CLEAR, alert_id="a2-0")]
    assert [each.subject for each in figures(brief + longer, [], 0, DAY).fleeting] == ["ns/camera/c1"]


def test_what_is_active_for_over_a_day_is_stale() -> None:
    standing = [Standing("hot", "a", 0), Standing("hot", "b", 1, suppressed=True)]
    found = figures([], standing, DAY, DAY + 1)
    assert [each.subject for each in found.stale] == ["a"]
    assert found.suppressed == 1


def test_the_top_ten_are_those_with_the_most_alarms_and_their_share() -> None:
    noisy = [told(number * MINUTE * 11, 99) for number in range(20)]
    found = figures(noisy + day(20), [], 0, DAY)
    assert (found.top[0].subject, found.top[0].count, len(found.top)) == ("ns/camera/c99", 20, 10)
    assert found.top_share == 29 / 40


def test_advice_names_the_rule_to_mend_in_both_languages() -> None:
    chatter = [told(at * SECOND, 1, rule="loud", severity=Severity.CRITICAL) for at in range(0, 400, 10)]
    advice = advise(figures(chatter, [Standing("old", "x", -2 * DAY)], 0, HOUR * 2))
    assert {(each.figure, each.rule) for each in advice} >= {("chattering", "loud"), ("stale", "old"), ("mix", None)}
    assert all(each.vi and each.en and each.vi != each.en for each in advice)


def test_alarms_are_counted_by_the_hour_and_over_a_longer_span_by_the_day_of_viet_nam() -> None:
    midnight = 1_795_366_800_000  # 2026-11-23 00:00 in Viet Nam
    times = [midnight - 1, midnight, midnight + HOUR]
    by_hour = course(times, midnight - HOUR, midnight + 2 * HOUR)
    assert by_hour == ((midnight - HOUR, 1), (midnight, 1), (midnight + HOUR, 1))
    by_day = course(times, midnight - 4 * DAY, midnight + DAY)
    assert by_day[-2:] == ((midnight - DAY, 1), (midnight, 2))


def test_a_share_of_few_alarms_is_not_judged() -> None:
    assert verdicts(figures(day(3), [], 0, DAY))["top_share"] == "few"
    assert verdicts(figures(day(144), [], 0, DAY))["top_share"] == "fair"


def test_a_quiet_day_needs_no_advice() -> None:
    assert advise(figures(day(25), [Standing("hot", "a", DAY - HOUR)], 0, DAY)) == ()


@given(st.lists(st.integers(0, HOUR), max_size=60), st.integers(0, HOUR))
def test_floods_agree_with_looking_at_every_second(times: list[int], now: int) -> None:
    times = sorted(at // SECOND * SECOND for at in times if at <= now)
    on, states = False, []
    for second in range(0, now + 1, SECOND):
        count = sum(second - WINDOW < at <= second for at in times)
        on = count > 10 or (on and count >= 5)
        states.append(on)
    found = floods(times, now)
    again = [
        any(each.since <= second and (each.until is None or second < each.until) for each in found)
        for second in range(0, now + 1, SECOND)
    ]
    assert again == states


@given(st.lists(st.integers(0, 10_000)), st.integers(1, 3000))
def test_the_most_within_a_span_agrees_with_counting_from_each(times: list[int], span: int) -> None:
    times.sort()
    assert most_within(times, span) == max((sum(a <= b < a + span for b in times) for a in times), default=0)

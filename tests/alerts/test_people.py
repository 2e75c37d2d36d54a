"""Who hears of an alert, when, how often, by which way: whole scenarios on an injected clock."""

from dataclasses import replace

import pytest

from alerts import letters
from alerts.channel import Outcome, words
from alerts.escalation import Climb
from alerts.letters import Names
from alerts.model import Action
from alerts.people import Limit, NoticeState, Quiet
from alerts.roster import Duty, Shift
from alerts.routing import Route, Step
from tests.alerts.centre import HOT, Centre, contact, plan

MINUTE = 60_000
DAILY = frozenset(range(7))
LADDER = Route(
    "ladder",
    (Step(("lan",)), Step(("minh",), 15 * MINUTE), Step(("chief",), 30 * MINUTE)),
    wait_ms=0,
    interval_ms=0,
)


def ladder(**facts: object) -> Centre:
    people = (contact("lan", "lan", "lan-sms"), contact("minh"), contact("chief"))
    return Centre(plan(*people, routes=[replace(LADDER, **facts)]))


def test_one_alert_is_one_message_to_one_person_and_so_is_its_end() -> None:
    centre = Centre(plan(contact("lan")))
    centre.measure(1, 90)
    centre.measure(60, 91)
    centre.measure(120, 70)
    assert centre.box("lan").said == ["open 1", "clear 1"]


def test_nobody_answers_and_the_next_level_hears_of_it_each_in_its_time() -> None:
    centre = ladder()
    centre.measure(0, 90)
    centre.run(60 * 60)
    assert [centre.box(name).times for name in ("lan", "minh", "chief")] == [[0], [15 * 60], [45 * 60]]
    assert [each.state for each in centre.memory.escalations.values()] == [Climb.EXHAUSTED]


@pytest.mark.parametrize("action", [Action.ACK, Action.CLOSE])
def test_an_answer_stops_the_escalation(action: Action) -> None:
    centre = ladder()
    centre.measure(0, 90)
    centre.ask(600, action, reason="false_alarm" if action is Action.CLOSE else None)
    centre.run(2 * 3600)
    assert (centre.box("minh").got, centre.box("chief").got) == ([], [])


def test_the_others_who_know_of_it_hear_who_has_it_in_hand() -> None:
    people = (contact("lan"), contact("minh", account="minh.tran", display="Trần Minh"), contact("chief"))
    centre = Centre(plan(*people, routes=[replace(LADDER, wait_ms=30_000)]))
    centre.measure(0, 90)
    centre.run(16 * 60)
    centre.ask(16 * 60, Action.ACK, actor="minh.tran")
    centre.run(2 * 3600)
    assert [centre.box(name).said for name in ("lan", "minh", "chief")] == [["open 1", "taken 1"], ["open 1"], []]
    _, text = words(centre.box("lan").got[-1][1])
    assert text.startswith("ĐÃ CÓ NGƯỜI NHẬN")
    assert "Trần Minh nhận xử lý" in text


def test_nobody_hears_of_an_acknowledgement_where_the_route_tells_of_none() -> None:
    centre = ladder(tells_taken=False)
    centre.measure(0, 90)
    centre.ask(600, Action.ACK, actor="chief")
    centre.run(2 * 3600)
    assert centre.box("lan").said == ["open 1"]


def test_who_was_told_that_it_is_taken_hears_its_end_once() -> None:
    centre = ladder()
    centre.measure(0, 90)
    centre.ask(600, Action.ACK, actor="chief")
    centre.run(1190)
    centre.measure(1200, 70)
    centre.run(2 * 3600)
    assert centre.box("lan").said == ["open 1", "taken 1", "clear 1"]


def test_a_message_calls_what_is_out_by_its_name_in_the_readers_language() -> None:
    names = Names(devices={"demo/gateway/gw-a": "Trạm Quế Lộc"})
    said = {
        subject: letters._places(subject, None, names, language)
        for subject, language in (("feeder:fd-loc", "vi"), ("uplink:ul-1", "en"), ("gateway:demo/gateway/gw-a", "vi"))
    }
    assert [*said.values()] == [["lộ điện fd-loc"], ["uplink ul-1"], ["Trạm Quế Lộc"]]


def test_the_end_overtakes_word_that_it_is_taken() -> None:
    centre = ladder(wait_ms=60_000)
    centre.measure(0, 90)
    centre.run(120)
    centre.ask(120, Action.ACK, actor="chief")
    centre.measure(130, 70)
    centre.run(2 * 3600)
    assert centre.box("lan").said == ["open 1", "clear 1"]


def test_the_end_stops_the_escalation_and_reaches_only_those_who_heard_the_beginning() -> None:
    centre = ladder()
    centre.measure(0, 90)
    centre.measure(20 * 60, 70)
    centre.run(2 * 3600)
    assert [centre.box(name).said for name in ("lan", "minh", "chief")] == [
        ["open 1", "clear 1"], ["open 1", "clear 1"], [],
    ]  # fmt: skip


def test_taking_an_answer_back_begins_the_escalation_anew() -> None:
    centre = ladder()
    centre.measure(0, 90)
    centre.ask(600, Action.ACK)
    centre.ask(1200, Action.UNACK)
    centre.run(1200 + 15 * 60)
    assert centre.box("minh").times == [1200 + 15 * 60]


def test_worse_is_told_to_all_who_know_and_begins_anew() -> None:
    centre = ladder()
    centre.measure(0, 90)
    centre.run(16 * 60)
    centre.measure(16 * 60, 99)
    assert (centre.box("lan").said, centre.box("minh").said) == (["open 1", "worse 1"], ["open 1", "worse 1"])
    centre.run(16 * 60 + 15 * 60)
    assert centre.box("minh").said == ["open 1", "worse 1"]  # the next level knows already


@pytest.mark.parametrize(("ends_at", "reminded"), [(None, True), (20, False)])
def test_an_acknowledgement_that_runs_out_reminds_the_acker_and_who_is_on_duty_once(
    ends_at: int | None, reminded: bool
) -> None:
    """AC-27: acknowledged at 5 min for 30, still firing at 35."""
    people = (contact("lan"), contact("minh", account="minh.tran"), contact("chief"))
    centre = Centre(plan(*people, routes=[replace(LADDER, steps=(Step(("lan",)),))]))
    centre.measure(0, 90)
    centre.ask(5 * 60, Action.ACK, actor="minh.tran", until_s=35 * 60)
    if ends_at is not None:
        centre.measure(ends_at * 60, 70)
    centre.run(3 * 3600, 10)
    told = [at for name in ("lan", "minh") for at, letter in centre.box(name).got if letter.announce == "reminder"]
    assert told == ([35 * 60] * 2 if reminded else [])
    assert centre.box("chief").got == []


def test_a_slow_channel_is_tried_again_and_delivers_once() -> None:
    """AC-20."""
    centre = Centre(plan(contact("lan")))
    centre.box("lan").answers = lambda at: Outcome.TEMPORARY if at < 3 else Outcome.SENT
    centre.measure(0, 90)
    centre.run(120)
    assert centre.box("lan").times == [15]
    assert len(centre.box("lan").got) == 1


def test_who_cannot_be_reached_one_way_is_told_by_the_next_at_once() -> None:
    """AC-30."""
    centre = ladder()
    centre.box("lan").answers = lambda _: Outcome.PERMANENT
    centre.measure(0, 90)
    centre.run(60)
    assert (centre.box("lan").tries, centre.box("lan-sms").times, centre.box("minh").got) == ([0], [0], [])


def test_a_way_that_fails_for_now_is_tried_three_times_more_before_the_next() -> None:
    """AC-30."""
    centre = ladder()
    centre.box("lan").answers = lambda _: Outcome.TEMPORARY
    centre.measure(0, 90)
    centre.run(300)
    assert centre.box("lan").tries == [0, 15, 45, 105]
    assert centre.box("lan-sms").times == [105]


def test_where_no_way_is_left_the_next_level_hears_of_it_at_once() -> None:
    centre = ladder()
    for way in ("lan", "lan-sms"):
        centre.box(way).answers = lambda _: Outcome.PERMANENT
    centre.measure(0, 90)
    centre.run(5)
    assert centre.box("minh").said == ["open 1"]
    centre.measure(60, 70)
    assert centre.box("minh").said == ["open 1", "clear 1"]
    assert centre.box("lan").tries == [0]  # who was never reached is not told of the end


def test_when_nobody_is_on_duty_the_next_level_hears_of_it_at_once() -> None:
    night = Duty("night", (Shift(DAILY, 22 * 60, 6 * 60, (("lan",),)),))
    route = Route("all", (Step(("duty:night",)), Step(("chief",), 30 * MINUTE)), wait_ms=0)
    centre = Centre(plan(contact("lan"), contact("chief"), routes=[route], duties=[night]))
    centre.measure(0, 90)
    centre.run(2)
    assert (centre.box("lan").got, centre.box("chief").said) == ([], ["open 1"])


def test_an_empty_only_level_is_shown_as_exhausted() -> None:
    never = Duty("never", ())
    route = Route("all", (Step(("duty:never",)),), wait_ms=0)
    centre = Centre(plan(contact("lan"), routes=[route], duties=[never]))
    centre.measure(0, 90)
    assert [each.state for each in centre.memory.escalations.values()] == [Climb.EXHAUSTED]


def test_after_a_hand_over_the_new_crew_is_told() -> None:
    changing = Duty("truc", (Shift(DAILY, 0, 12 * 60, (("lan",),)), Shift(DAILY, 12 * 60, 0, (("minh",),))))
    route = Route("all", (Step(("duty:truc",)), Step(("duty:truc",), 150 * MINUTE)), wait_ms=0)
    centre = Centre(plan(contact("lan"), contact("minh"), routes=[route], duties=[changing]))
    centre.measure(0, 90)  # eleven o'clock
    centre.run(150 * 60, 10)
    assert (centre.box("lan").times, centre.box("minh").times) == ([0], [150 * 60])


def test_the_first_route_that_fits_is_taken_and_after_one_that_goes_on_the_next() -> None:
    routes = [
        Route("log", (Step(("log",)),), wait_ms=0, goes_on=True),
        Route("north", (Step(("minh",)),), areas=frozenset({"nong-son"}), wait_ms=0),
        Route("rest", (Step(("lan",)),), wait_ms=0),
    ]
    people = (contact("lan"), contact("minh"), contact("log"))
    centre = Centre(plan(*people, routes=routes, parents={"que-trung": "nong-son"}))
    centre.measure(0, 90, area="que-trung")
    centre.measure(1, 90, device="demo/camera/c2", area="elsewhere")
    assert [len(centre.box(name).got) for name in ("log", "minh", "lan")] == [2, 1, 1]


def test_rounds_repeat_the_whole_ladder() -> None:
    centre = ladder(rounds=1)
    centre.measure(0, 90)
    centre.run(4 * 3600, 10)
    assert [len(centre.box(name).got) for name in ("lan", "minh", "chief")] == [2, 2, 2]


def test_what_was_opened_and_over_in_quiet_hours_never_disturbs() -> None:
    quiet = Quiet(9 * 60, 12 * 60)  # it is eleven
    centre = Centre(plan(contact("lan", quiet=quiet)))
    centre.measure(0, 90)
    centre.measure(600, 70)
    centre.measure(1200, 90, device="demo/camera/c2")
    centre.run(3 * 3600, 10)
    assert centre.box("lan").said == ["open 1"]
    assert centre.box("lan").times == [3600]


def test_a_storm_is_a_few_messages_and_nobody_is_forgotten() -> None:
    centre = Centre(
        plan(
            contact("lan", limit=Limit(6, 10 * MINUTE)),
            routes=[replace(LADDER, steps=(Step(("lan",)),), wait_ms=30_000, interval_ms=60_000)],
        )
    )
    for number in range(100):
        centre.measure(number, 90, device=f"demo/camera/c{number}", area=f"a{number % 5}")
    centre.run(1800, 5)
    told = sum(len(letter.body["alerts"]) for _, letter in centre.box("lan").got)  # type: ignore[arg-type]
    assert told == 100
    assert len(centre.box("lan").got) <= 12


def test_an_acknowledged_alert_whose_message_never_left_is_not_sent() -> None:
    centre = ladder(wait_ms=30_000)
    centre.measure(0, 90)
    centre.ask(10, Action.ACK)
    centre.run(120)
    assert centre.box("lan").got == []
    assert {each.state for each in centre.memory.notices.values()} == {NoticeState.DROPPED}


def test_a_message_is_short_vietnamese_where_nothing_else_is_wished_and_says_where_since_when_and_where_to_look() -> (
    None
):
    names = Names({"que-trung": "Quế Trung"}, {"demo/camera/c1": "Camera cổng chợ"}, "https://ioc.vn/")
    centre = Centre(plan(contact("lan")), names=names)
    centre.measure(0, 90)
    ((_, letter),) = centre.box("lan").got
    assert letter.body["text"] == {
        "vi": "CẢNH BÁO (nặng): Camera quá nóng – Camera cổng chợ, Quế Trung, từ 11:00 22/11 [90 °C]\n"
        f"https://ioc.vn/alerts?alert={letter.alert_id}",
        "en": "ALERT (major): Camera is too hot – Camera cổng chợ, Quế Trung, since 11:00 22/11 [90 °C]\n"
        f"https://ioc.vn/alerts?alert={letter.alert_id}",
    }
    assert words(letter)[1].startswith("CẢNH BÁO")


def test_a_bundle_says_how_many_and_what_still_stands() -> None:
    route = replace(LADDER, steps=(Step(("lan",)),), wait_ms=30_000)
    centre = Centre(plan(contact("lan"), routes=[route]), HOT, names=Names({"que-trung": "Quế Trung"}))
    centre.measure(0, 90, device="demo/camera/c0")
    centre.run(60)
    for number in range(1, 11):
        centre.measure(100, 90, device=f"demo/camera/c{number}")
    centre.run(160)
    _, letter = centre.box("lan").got[1]
    assert letter.body["title"]["vi"] == "10 TIN CẢNH BÁO – Quế Trung"  # type: ignore[index]
    lines = letter.body["text"]["vi"].splitlines()  # type: ignore[index]
    assert (len(lines), lines[8:]) == (10, ["và 2 cảnh báo nữa", "Vẫn còn 1 cảnh báo ở đó"])


def test_who_wishes_it_is_told_in_english() -> None:
    centre = Centre(plan(contact("lan", language="en")))
    centre.measure(0, 90)
    ((_, letter),) = centre.box("lan").got
    assert words(letter)[1].startswith("ALERT (major): Camera is too hot")

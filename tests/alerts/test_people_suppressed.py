"""People and what suppresses alerts: silences, causes that explain many, flapping, storms; the truth once, later."""

from collections import Counter, deque
from dataclasses import replace
from typing import Any

from alerts.escalation import Climb
from alerts.letters import Names
from alerts.mailroom import MemoryMailroom
from alerts.model import Action
from alerts.outbox import sent
from alerts.people import Limit
from alerts.routing import Route, Step
from alerts.rulefile import default_rules
from alerts.suppression import Scope
from tests.alerts.centre import GONE, HOT, Centre, contact, plan
from tests.alerts.conftest import SILENT, THERE
from tests.alerts.test_storm import COMMUNES, Storm

MINUTE = 60_000
OUT = {
    "name": "area-out", "kind": "outage", "over": "area", "share": 0.8, "at_least": 5, "clear_share": 0.3,
    "severity": "critical", "title": {"vi": "Cả khu vực mất liên lạc", "en": "A whole area is not reachable"},
}  # fmt: skip
LADDER = Route("ladder", (Step(("lan",)), Step(("minh",), 15 * MINUTE)), wait_ms=0, interval_ms=0)
CAMERAS = tuple(f"demo/camera/c{number}" for number in range(30))


def ladder(*rules: dict, **facts: object) -> Centre:
    people = (contact("lan"), contact("minh"))
    return Centre(plan(*people, routes=[replace(LADDER, **facts)]), *rules)


def test_thirty_silent_devices_of_one_commune_are_one_message_and_one_when_they_are_back() -> None:
    """AC-31: two messages in all."""
    centre = ladder(OUT, GONE)
    centre.see(0, THERE, *CAMERAS)
    for number, camera in enumerate(CAMERAS):
        centre.see(100 + 2 * number, SILENT, camera)
    centre.run(400)
    assert centre.box("lan").said == ["open 1"]
    for number, camera in enumerate(CAMERAS):
        centre.see(400 + number, THERE, camera)
    centre.run(1200, 5)
    assert centre.box("lan").said == ["open 1", "clear 1"]
    assert "Cả khu vực mất liên lạc – que-trung" in centre.box("lan").got[0][1].body["text"]["vi"]  # type: ignore[index]


def test_a_silence_leaves_out_what_it_covers_and_ends_with_the_truth() -> None:
    """AC-22: repeats every second, a silence from 2.5 to 4.5 s on the first."""
    route = replace(LADDER, steps=(Step(("lan",)),), repeat_ms=1000)
    centre = Centre(plan(contact("lan", limit=Limit(100)), routes=[route]), HOT)
    first, second = "demo/camera/c1", "demo/camera/c2"
    centre.measure(1, 90, device=first)
    centre.measure(1, 90, device=second)
    told: dict[int, list[str]] = {}
    for at in range(2, 6):
        if at == 3:
            centre.quieten(2.5, 4.5, Scope(devices=(first,)))
        if at == 5:
            centre.measure(4.6, 90, device=first)  # seen anew since the silence ended
        centre.run(at, 0.2)
        news = [letter for when, letter in centre.box("lan").got if when == at]
        told[at] = sorted({each["device"] for letter in news for each in letter.body["alerts"]})  # type: ignore[union-attr]
    assert told == {2: [first, second], 3: [second], 4: [second], 5: [first, second]}


def test_an_escalation_stands_while_its_alert_is_silenced_and_goes_on_with_what_was_left() -> None:
    centre = ladder(HOT)
    centre.measure(0, 90)
    centre.run(5 * 60)
    centre.quieten(5 * 60, 15 * 60, Scope(rules=("camera-hot",)))
    assert [each.state for each in centre.memory.escalations.values()] == [Climb.PAUSED]
    centre.run(15 * 60)
    centre.measure(15 * 60 + 1, 90)  # only now is it sure that it still is so
    centre.run(40 * 60)
    assert centre.box("minh").times == [25 * 60 + 1]


def test_what_began_and_ended_in_a_silence_is_never_told() -> None:
    centre = ladder(HOT)
    centre.quieten(0, 600, Scope(rules=("camera-hot",)))
    centre.measure(10, 90)
    centre.measure(300, 70)
    centre.measure(700, 70)
    centre.run(2000, 5)
    assert (centre.box("lan").got, centre.box("minh").got) == ([], [])


def test_word_that_waits_for_company_is_held_when_a_silence_begins_and_told_once_after_it() -> None:
    centre = ladder(HOT, wait_ms=30_000)
    centre.measure(0, 90)
    centre.run(10)
    centre.quieten(10, 100, Scope(rules=("camera-hot",)))
    centre.run(99)
    assert centre.box("lan").got == []
    centre.measure(101, 90)
    centre.run(200)
    assert centre.box("lan").times == [101]


def test_flapping_is_told_once_and_stops_the_clock_of_the_escalation() -> None:
    centre = ladder(HOT)
    for number in range(30):
        centre.measure(number * 10, 90 if number % 2 else 70)
    said = Counter(word.split()[0] for word in centre.box("lan").said)
    assert said["flapping"] == 1
    assert {each.state for each in centre.memory.escalations.values()} <= {Climb.PAUSED, Climb.STOPPED}
    heard = len(centre.box("lan").said)
    for number in range(30, 60):
        centre.measure(number * 10, 90 if number % 2 else 70)
    assert len(centre.box("lan").said) == heard


def test_shelving_keeps_people_from_being_told_more() -> None:
    centre = ladder(HOT)
    centre.measure(0, 90)
    centre.ask(60, Action.SHELVE, until_s=7200, text="chờ vật tư")
    centre.run(3600, 10)
    assert centre.box("minh").got == []


def test_a_message_says_what_to_do_where_the_rule_does() -> None:
    names = Names(advice={"camera-hot": {"vi": "Kiểm tra quạt.", "en": "Check the fan."}})
    centre = Centre(plan(contact("lan")), HOT, names=names)
    centre.measure(0, 90)
    centre.measure(60, 70)
    first, last = (letter.body["text"]["vi"] for _, letter in centre.box("lan").got)  # type: ignore[index]
    assert "Cần làm: Kiểm tra quạt." in first
    assert "Cần làm" not in last


def deliver(storm: Storm) -> MemoryMailroom:
    """What the storm makes a mailroom send to Lan, whose only channel takes everything at once."""
    route = replace(LADDER, steps=(Step(("lan",)),), wait_ms=30_000, interval_ms=60_000)
    room = MemoryMailroom(plan(contact("lan", limit=Limit(10, 10 * MINUTE)), routes=[route]))
    steps = deque(sorted(storm.said, key=lambda step: step.at))
    for now in range(0, 2 * 3600 * 1000 + MINUTE, 5000):
        while steps and steps[0].at <= now:
            room.owe([steps.popleft()])
        room.advance(now)
        while (letter := room.lease("lan", now)) is not None:
            room.settle(sent(letter, now))
    return room


def test_two_thousand_devices_lost_in_waves_are_one_message_a_commune_and_way_to_a_person() -> None:
    """Twenty single faults among them each reach the person, and no ten minutes hold more than ten messages."""
    storm = Storm(seed=3)
    storm.run()
    room = deliver(storm)
    told: Counter[tuple[str, str, str]] = Counter()
    for notice in room.notices.values():
        facts: Any = notice.body["alert"]
        told[facts["rule"], facts["device"], notice.announce.value] += notice.message is not None
    for way in ("open", "clear"):
        assert [told["area-out", f"area:xa-{number}", way] for number in range(COMMUNES)] == [1] * COMMUNES
    singles = {device for (rule, device, way), count in told.items() if rule != "area-out" and way == "open" and count}
    assert singles == storm.dead | storm.hot
    times = sorted(each.letter.created_at for each in room.messages.values())
    assert len(times) <= 2 * COMMUNES + len(singles)
    assert max(sum(first <= at < first + 10 * MINUTE for at in times) for first in times) <= 10


def test_the_shipped_rules_say_what_to_do() -> None:
    assert [rule.name for rule in default_rules() if not any(rule.advice.values())] == []

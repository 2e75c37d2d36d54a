"""Whatever happens to alerts, ways and people, in any order: who hears what stays true."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channel import Outcome
from alerts.escalation import Climb
from alerts.model import Action, Condition
from alerts.people import NoticeState
from alerts.routing import Route, Step
from tests.alerts.centre import HOT, START, Centre, contact, plan

MINUTE = 60_000
ROUTE = Route("all", (Step(("lan",)), Step(("minh",), 2 * MINUTE), Step(("lan", "chief"), 2 * MINUTE)),
              wait_ms=5000, interval_ms=10_000, rounds=1)  # fmt: skip

deeds = st.one_of(
    st.tuples(st.just("measure"), st.integers(0, 2), st.sampled_from([70.0, 90.0, 99.0])),
    st.tuples(st.just("act"), st.integers(0, 2), st.sampled_from([Action.ACK, Action.UNACK, Action.COMMENT])),
    st.tuples(st.just("wait"), st.integers(1, 200), st.none()),
    st.tuples(st.just("answer"), st.sampled_from(["lan", "lan-sms", "minh"]), st.sampled_from(list(Outcome))),
)


def play(done: list[tuple[str, object, object]]) -> Centre:
    people = (contact("lan", "lan", "lan-sms"), contact("minh"), contact("chief"))
    centre = Centre(plan(*people, routes=[ROUTE]), HOT)
    now = 0.0
    for deed, which, what in done:
        now += 1
        match deed:
            case "measure":
                centre.measure(now, what, device=f"demo/camera/c{which}")  # type: ignore[arg-type]
            case "wait":
                now += which  # type: ignore[operator]
                centre.run(now, 5)
            case "answer":
                centre.box(str(which)).answers = lambda _at, outcome=what: outcome  # type: ignore[misc]
            case "act":
                alerts = [each for each in centre.engine.alerts.values() if each.device.endswith(f"c{which}")]
                if alerts and _may(alerts[0], what):
                    centre.ask(now, what, alerts[0].id, text="x")  # type: ignore[arg-type]
    return centre


def _may(alert, action) -> bool:
    if action is Action.COMMENT:
        return True
    if alert.condition not in (Condition.FIRING, Condition.RECOVERING):
        return False
    return action is not Action.UNACK or alert.acked


@settings(max_examples=60)
@given(st.lists(deeds, max_size=25))
def test_nobody_hears_of_an_end_without_its_beginning_nor_the_same_twice(done) -> None:
    centre = play(done)
    keys = [letter.key for box in centre.boxes.values() for _, letter in box.got]
    assert len(keys) == len(set(keys))
    for name in ("lan", "minh", "chief"):
        heard: dict[str, list[str]] = defaultdict(list)
        notices = [each for each in centre.memory.notices.values() if each.contact == name and each.message]
        for notice in sorted(notices, key=lambda each: (each.told_at or 0, each.version)):
            heard[notice.alert_id].append("end" if notice.announce.ends else "news")
        for words in heard.values():
            assert words[0] == "news"
            assert "end end" not in " ".join(words)


@settings(max_examples=40)
@given(st.lists(deeds, max_size=25))
def test_in_the_end_nothing_waits_and_no_closed_alert_climbs(done) -> None:
    centre = play(done)
    for box in centre.boxes.values():
        box.answers = lambda _at: Outcome.SENT
    for number in range(3):
        centre.measure((centre.now - START) / 1000 + 1, 70, device=f"demo/camera/c{number}")
    centre.run((centre.now - START) / 1000 + 3600, 30)
    firing = {each.id for each in centre.engine.alerts.values() if each.condition is Condition.FIRING}
    climbing = {each.alert_id for each in centre.memory.escalations.values() if each.state is Climb.RUNNING}
    assert climbing <= firing == set()
    states = {each.state for each in centre.memory.notices.values()}
    assert states <= {NoticeState.ENDED, NoticeState.DROPPED}
    assert all(each.letter.state.settled for each in centre.memory.messages.values())

"""What holds for every sequence of facts, times, restarts and operators' acts."""

from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given

from alerts.engine import Engine
from alerts.model import Action, Alert, Condition, Transition
from alerts.rulebook import read_rules
from alerts.table import TABLE, Event, State, draw
from tests.alerts.conftest import CAMERA, GONE, HOT, SILENT, THERE, WILL, District, make, request, tell

RULES = (
    {**HOT, "clear_below": 70, "for": "30s", "keep": "20s", "steps": [{"above": 95, "severity": "critical"}]},
    {**HOT, "name": "camera-warm", "above": 60, "severity": "warning"},
    {**GONE, "for": "10s"},
)
FACTS = st.one_of(
    st.sampled_from([None, 50.0, 65.0, 75.0, 90.0, 99.0]).map(lambda value: ("hear", value)),
    st.sampled_from([THERE, SILENT, WILL]).map(lambda presence: ("see", presence)),
    st.sampled_from(list(Action)).map(lambda action: ("ask", action)),
    st.just(("false_alarm", None)),
    st.just(("restart", None)),
    st.just(("tick", None)),
)
STORIES = st.lists(st.tuples(st.integers(0, 2000), FACTS), max_size=60)


def live(story: list[tuple[int, tuple[str, object]]]) -> District:
    """Play a story, ticking after each fact; a restart loads what the steps said, as a store would."""
    district, now, saved = make(*RULES), 0, {}
    for wait, (verb, what) in story:
        now += wait
        match verb:
            case "hear":
                district.hear(now, what)  # type: ignore[arg-type]
            case "see":
                district.see(now, what)  # type: ignore[arg-type]
            case "ask" | "false_alarm":
                ask_first(district, now, what or Action.CLOSE, "false_alarm" if what is None else None)
            case "restart":
                saved = {step.alert.key: step.alert for step in district.said}
                alerts = [alert for alert in saved.values() if alert.open]
                engine = Engine(read_rules(RULES), alerts, now=now * 1000, evaluated_at=now * 1000 - wait)
                district = District(engine, district.said)
        district.tick(now)
    return district


def ask_first(district: District, now: int, action: object, reason: str | None) -> None:
    alerts: list[Alert] = sorted(district.engine.alerts.values(), key=lambda alert: alert.key)
    if alerts:
        asked = request(alerts[0].id, Action(str(action)), now, reason=reason)
        step = district.engine.act(asked, now * 1000)
        if isinstance(step, Transition):
            district.said.append(step)


@given(STORIES)
def test_a_key_has_one_open_alert_at_most(story: list[tuple[int, tuple[str, object]]]) -> None:
    open_ids: dict[str, str] = {}
    for step in live(story).said:
        key, ident = step.alert.key, step.alert.id
        assert open_ids.setdefault(key, ident) == ident
        if not step.alert.open:
            del open_ids[key]


@given(STORIES)
def test_what_people_are_told_opens_and_ends_in_turn(story: list[tuple[int, tuple[str, object]]]) -> None:
    believed: dict[str, str] = {}
    for step in live(story).said:
        tell(believed, step)
        if not step.alert.open:
            assert not believed.get(step.alert.id)  # nobody is left believing it still is


@given(STORIES)
def test_recovery_only_follows_firing(story: list[tuple[int, tuple[str, object]]]) -> None:
    for step in live(story).said:
        if step.alert.condition is Condition.RECOVERING:
            assert step.before in (Condition.FIRING, Condition.RECOVERING)


@given(STORIES)
def test_every_step_follows_the_one_before(story: list[tuple[int, tuple[str, object]]]) -> None:
    last: dict[str, Alert] = {}
    for step in live(story).said:
        before = last.get(step.alert.id)
        assert step.before == (before.condition if before else None)
        assert step.alert.version == (before.version if before else 0) + 1
        last[step.alert.id] = step.alert


@given(STORIES)
def test_the_times_of_an_alert_are_in_order(story: list[tuple[int, tuple[str, object]]]) -> None:
    for step in live(story).said:
        alert = step.alert
        times = [alert.since, alert.firing_since, alert.cleared_at, alert.closed_at]
        if alert.cleared_at is None or alert.timer is None:
            known = [time for time in times if time is not None]
            assert known == sorted(known), step
        assert (alert.closed_at is None) == alert.open
        assert alert.peak_severity.rank >= alert.severity.rank


@given(STORIES)
def test_the_engine_agrees_with_its_own_steps(story: list[tuple[int, tuple[str, object]]]) -> None:
    district = live(story)
    told = {step.alert.key: step.alert for step in district.said}
    still_open = {key: alert.condition for key, alert in told.items() if alert.open}
    assert still_open == {key: alert.condition for key, alert in district.engine.alerts.items()}


@given(STORIES)
def test_acknowledging_twice_is_acknowledging_once(story: list[tuple[int, tuple[str, object]]]) -> None:
    district = live(story)
    for alert in list(district.engine.alerts.values()):
        first = district.engine.act(request(alert.id, Action.ACK), 10**9)
        second = district.engine.act(request(alert.id, Action.ACK, actor="minh"), 10**9)
        if isinstance(first, Transition) and isinstance(second, Transition):
            assert second.announce is None
            assert replace(second.alert, version=first.alert.version) == first.alert


def test_every_state_but_the_last_can_be_left_and_every_event_is_used() -> None:
    used = {event for rows in TABLE.values() for event in rows}
    assert used == set(Event)
    assert set(TABLE) == set(State)
    assert {row.after for rows in TABLE.values() for row in rows.values()} == set(State) - {State.NONE}


def test_the_documentation_shows_the_table_itself() -> None:
    text = Path(__file__).parents[2].joinpath("docs", "alerts.md").read_text("utf-8")
    assert draw() in text


def test_a_replay_names_its_alerts_alike() -> None:
    names = []
    for _ in range(2):
        district = make(HOT)
        district.hear(1_700_000_000, 90)
        names.append(district.only.id)
    assert names[0] == names[1]
    assert len(names[0]) == 26
    assert CAMERA in district.only.key

"""After a restart, rules with a memory judge as if the engine had never been down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from alerts import verdicts
from alerts.engine import Engine
from alerts.model import Transition
from alerts.recollection import MOST_MS, Fact, Recollection, look_back, recollect, remembering
from alerts.rule import Recalled, Rule, Subject
from alerts.rulebook import read_rule, read_rules
from ingest.model import Admission, Event, Heard, Presence, Sample
from tests.alerts.conftest import CAMERA, SILENT, THERE, view

DRAIN: Mapping[str, object] = {"name": "drain", "kind": "rate", "metric": "battery_pct", "below": -1,
                               "clear_above": -0.2, "over": "5m", "severity": "major"}  # fmt: skip
PLAYS: Mapping[str, object] = {"name": "plays", "kind": "rate", "metric": "plays_total", "above": 50, "over": "2m",
                               "severity": "minor"}  # fmt: skip
LATE: Mapping[str, object] = {"name": "late", "kind": "service", "numerator": "on_time", "denominator": "done",
                              "below": 90, "over": "5m", "severity": "warning"}  # fmt: skip
REBOOTS: Mapping[str, object] = {"name": "reboots", "kind": "repeated", "event": "reboot", "times": 3,
                                 "within": "5m", "severity": "minor"}  # fmt: skip
HEAT: Mapping[str, object] = {"name": "heat", "kind": "event", "event": "heat", "lasts": "4m", "severity": "major"}
THERE_LATELY: Mapping[str, object] = {"name": "there", "kind": "availability", "below": 60, "over": "6m",
                                      "severity": "warning"}  # fmt: skip
RULES = (DRAIN, PLAYS, LATE, REBOOTS, HEAT, THERE_LATELY)
BLIND = Presence(connected=True, fresh=False, unknown=True, reason="blind")
NOON = 1_795_320_000_000


@dataclass
class Store:
    """The rows that a real store would hold, as a list, oldest first."""

    rows: list[tuple[Subject, Fact]] = field(default_factory=list)

    def past(self, rule: Rule, now: int) -> list[Fact]:
        """What concerns a rule of what it looks back on; of presence also how the device stood at the beginning."""
        since = now - look_back(rule)
        facts = [fact for subject, fact in self.rows if subject is rule.subject and _concerns(rule, fact)]
        before = [fact for fact in facts if fact.at < since][-1:] if rule.subject is Subject.UPTIME else []
        return before + [fact for fact in facts if fact.at >= since]

    def memories(self, rule: Rule, now: int) -> Mapping[str, Recollection]:
        return recollect(rule, self.past(rule, now))


def _concerns(rule: Rule, fact: Fact) -> bool:
    return rule.subject is not Subject.SERIES or rule.test.metrics[0] in fact.what  # type: ignore[operator]


@dataclass
class Centre:
    """One camera, an engine that judges it, and a store that keeps what the engine heard; times in seconds."""

    rules: tuple[Rule, ...]
    now: int = 0
    store: Store = field(default_factory=Store)
    told: list[tuple[int, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = Engine(self.rules)
        self.see(THERE)

    def at(self, second: int) -> "Centre":
        self.now = second
        self._take(self.engine.tick(self._ms))
        return self

    def measure(self, *, older_s: int = 0, **metrics: Any) -> None:
        fact = Fact(CAMERA, metrics, self._ms, self._ms - older_s * 1000)
        self.store.rows.append((Subject.SERIES, fact))
        sample = Sample(CAMERA, self._ms - older_s * 1000, metrics, self._ms)
        self._take(self.engine.observe(Heard(self._ms, (), (sample,))))

    def happen(self, kind: str, phase: str = "start", ident: str = "e1") -> None:
        event = Event(CAMERA, self._ms, ident, kind, phase, self._ms)
        self.store.rows.append((Subject.EVENT, Fact(CAMERA, event, self._ms)))
        self._take(self.engine.observe(Heard(self._ms, (), (), (event,))))

    def see(self, presence: Presence, admission: Admission = Admission.ADMITTED) -> None:
        self.store.rows.append((Subject.UPTIME, Fact(CAMERA, presence, self._ms)))
        self._take(self.engine.observe(Heard(self._ms, (view(presence, admission=admission),))))

    def restart(self, presence: Presence = THERE) -> None:
        """The engine is there again, with its alerts and devices; the memories are still being made."""
        self.engine = Engine(self.rules, [*self.engine.alerts.values()], now=self._ms, evaluated_at=self._ms)
        self.engine.expect(remembering(self.rules))
        self._made = {rule.name: self.store.memories(rule, self._ms) for rule in remembering(self.rules)}
        self.see(presence)

    def remember(self) -> None:
        """The memories are there."""
        for rule in remembering(self.rules):
            self._take(self.engine.remember(rule, self._made[rule.name], self._ms))

    def restarted(self, presence: Presence = THERE) -> None:
        """The engine is there again, with all that it remembered."""
        self.restart(presence)
        self.remember()

    @property
    def open(self) -> dict[str, tuple[str, str, str | None]]:
        """The open alerts: how each stands, how severe it is and what was judged last."""
        return {key: (alert.condition, alert.severity, alert.verdict) for key, alert in self.engine.alerts.items()}

    @property
    def _ms(self) -> int:
        return NOON + self.now * 1000

    def _take(self, steps: list[Transition]) -> None:
        self.told += [(self.now, str(step.announce), step.alert.rule) for step in steps if step.announce]


def centre(*rules: Mapping[str, object]) -> Centre:
    return Centre(tuple(read_rules(rules)))


def test_three_reboots_before_a_restart_and_one_after_it_are_four() -> None:
    demo = centre({**REBOOTS, "times": 4})
    for minute in (0, 1, 2):
        demo.at(minute * 60).happen("reboot", ident=f"e{minute}")
    demo.at(150).restarted()
    demo.at(180).happen("reboot", ident="e3")
    assert demo.told == [(180, "open", "reboots")]


def test_an_event_that_began_before_a_restart_is_over_when_its_time_has_run_out() -> None:
    demo = centre(HEAT)
    demo.at(10).happen("heat")
    demo.at(60).restarted()
    demo.at(249).at(250)
    assert demo.told == [(10, "open", "heat"), (250, "clear", "heat")]


def test_an_event_whose_time_ran_out_while_the_engine_was_down_is_over_at_once() -> None:
    demo = centre(HEAT)
    demo.at(10).happen("heat")
    demo.now = 1000
    demo.restarted()
    demo.at(1001)
    assert demo.told == [(10, "open", "heat"), (1001, "clear", "heat")]


def test_an_event_that_ended_in_the_ledger_but_was_not_judged_any_more_is_over_at_once() -> None:
    demo = centre(HEAT)
    demo.at(10).happen("heat")
    demo.store.rows.append((Subject.EVENT, Fact(CAMERA, Event(CAMERA, NOON, "e1", "heat", "end", NOON), NOON + 20_000)))
    demo.at(30).restarted()
    demo.at(31)
    assert demo.told == [(10, "open", "heat"), (31, "clear", "heat")]


def test_reboots_that_the_ledger_has_and_the_engine_never_judged_are_told() -> None:
    demo = centre(REBOOTS)
    for second in (1, 2, 3):
        event = Event(CAMERA, NOON, f"e{second}", "reboot", "start", NOON)
        demo.store.rows.append((Subject.EVENT, Fact(CAMERA, event, NOON + second * 1000)))
    demo.at(10).restarted()
    demo.at(11)
    assert demo.told == [(11, "open", "reboots")]


def test_an_availability_goes_on_over_a_restart_and_time_without_us_counts_for_neither() -> None:
    demo = centre(THERE_LATELY)
    demo.at(100).see(SILENT)
    demo.store.rows.append((Subject.UPTIME, Fact(CAMERA, BLIND, NOON + 150_000)))  # as the next ingest notes
    demo.now = 230
    demo.restarted(SILENT)
    demo.at(259).at(264)
    assert demo.told == [(264, "open", "there")]


def test_what_is_heard_while_the_memories_are_made_is_judged_with_them_in_its_order() -> None:
    demo = centre(REBOOTS)
    demo.at(10).happen("reboot", ident="e1")
    demo.at(20).restart()
    demo.at(30).happen("reboot", ident="e2")
    demo.at(40).happen("reboot", ident="e3")
    assert demo.told == []
    demo.at(50).remember()
    assert demo.told == [(50, "open", "reboots")]
    (alert,) = demo.engine.alerts.values()
    assert alert.since == NOON + 40_000


def test_where_there_are_no_memories_a_rule_begins_anew_with_what_it_heard_since() -> None:
    demo = centre(REBOOTS)
    demo.at(10).happen("reboot", ident="e1")
    demo.at(20).restart()
    for second in (30, 40, 50):
        demo.at(second).happen("reboot", ident=f"e{second}")
    (rule,) = demo.rules
    steps = demo.engine.remember(rule, None, NOON + 60_000)
    assert [step.alert.value for step in steps if step.announce] == [3]


def test_where_too_much_waits_for_a_rules_memories_it_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "MOST_HELD", 2)
    demo = centre(REBOOTS)
    demo.at(20).restart()
    for second in (30, 40, 50):
        demo.at(second).happen("reboot", ident=f"e{second}")
    assert demo.told == [(50, "open", "reboots")]
    demo.at(60).remember()
    assert demo.told == [(50, "open", "reboots")]


def test_memories_of_a_rule_that_has_changed_meanwhile_are_let_go() -> None:
    demo = centre(REBOOTS)
    for second in (10, 11):
        demo.at(second).happen("reboot", ident=f"e{second}")
    demo.at(20).restart()
    demo.engine.adopt(read_rules([{**REBOOTS, "times": 2}]))
    demo.remember()
    demo.at(30).happen("reboot")
    assert demo.told == []


def test_what_waits_for_a_rule_that_is_gone_is_let_go() -> None:
    demo = centre({**DRAIN, "name": "gone"})
    demo.at(20).restart()
    demo.at(30).measure(battery_pct=50)
    demo.engine.adopt([])
    demo.at(40).see(SILENT)
    demo.remember()
    assert demo.told == []


def test_a_device_that_fell_silent_while_the_memories_were_made_leaves_its_alert_stale() -> None:
    demo = centre(LATE)
    demo.at(20).restart()
    demo.at(30).measure(on_time=1, done=10)
    demo.at(40).see(SILENT)
    demo.at(50).remember()
    assert demo.open == {f"late@{CAMERA}": ("firing", "warning", "unknown")}


def test_a_rule_that_became_another_kind_remembers_nothing_of_what_it_was() -> None:
    demo = centre({**DRAIN, "name": "same"})
    demo.at(0).measure(battery_pct=90)
    demo.engine.adopt(read_rules([{**LATE, "name": "same"}]))
    demo.at(60).measure(on_time=1, done=10)
    assert demo.told == [(60, "open", "same")]


def test_nothing_heard_of_a_device_retired_meanwhile_is_judged() -> None:
    demo = centre({**REBOOTS, "times": 1})
    demo.at(20).restart()
    demo.at(30).happen("reboot")
    demo.at(40).see(THERE, Admission.RETIRED)
    demo.at(50).remember()
    assert demo.told == []


def test_a_sample_older_than_the_newest_changes_nothing_that_is_remembered() -> None:
    demo = centre(PLAYS)
    demo.at(0).measure(plays_total=1000)
    demo.at(10).measure(plays_total=1001)
    demo.at(12).measure(plays_total=990, older_s=5)  # else it would look like a counter begun anew
    demo.at(20).measure(plays_total=1002)
    assert demo.told == []


def test_a_rule_looks_back_as_far_as_its_window_and_of_readings_a_day_at_most() -> None:
    day = 24 * 3_600_000
    assert [look_back(rule) for rule in read_rules([REBOOTS, HEAT, THERE_LATELY, DRAIN])] == [
        300_000, 240_000, 360_000, 300_000,
    ]  # fmt: skip
    assert look_back(read_rule({**DRAIN, "over": "7d"})) == MOST_MS == day
    assert look_back(read_rule({**REBOOTS, "within": "7d"})) == 7 * day
    hot = {"name": "hot", "kind": "threshold", "metric": "temperature_c", "above": 80, "severity": "major"}
    assert remembering(read_rules([hot])) == []


def test_a_fact_that_a_kind_cannot_judge_leaves_its_memory_as_it_was() -> None:
    class Fussy:
        def judge(self, fact: Any, memory: Any, _at: int) -> Any:
            if fact == "odd":
                raise ValueError(fact)
            return Recalled(None, (memory or 0) + 1)

    rule = read_rule(REBOOTS)
    object.__setattr__(rule, "test", Fussy())
    assert recollect(rule, [Fact(CAMERA, what, 0) for what in ("a", "odd", "b")]) == {CAMERA: Recollection(2)}


EVENTS = st.tuples(st.sampled_from(["heat", "reboot", "other"]), st.sampled_from(["start", "update", "end"]),
                   st.sampled_from(["a", "b"]))  # fmt: skip
METRICS = st.one_of(
    st.fixed_dictionaries({"battery_pct": st.sampled_from([100, 90.5, 80, 79.9, None])}),
    st.fixed_dictionaries({"plays_total": st.sampled_from([0, 5, 10, 100, 1000])}),
    st.fixed_dictionaries({"on_time": st.integers(0, 5), "done": st.sampled_from([5, 6, None])}),
)
STORIES = st.lists(
    st.tuples(
        st.integers(0, 150),
        st.one_of(
            EVENTS.map(lambda event: ("happen", event)),
            st.tuples(METRICS, st.sampled_from([0, 0, 0, 45])).map(lambda said: ("measure", said)),
            st.sampled_from([THERE, SILENT, BLIND]).map(lambda presence: ("see", presence)),
        ),
    ),
    max_size=40,
)


def tell(demo: Centre, wait: int, verb: str, what: Any) -> None:
    demo.at(demo.now + wait)
    match verb:
        case "happen":
            demo.happen(*what)
            demo.see(THERE)
        case "measure":
            demo.measure(older_s=what[1], **what[0])
            demo.see(THERE)  # who speaks is there
        case "see":
            demo.see(what)


@given(STORIES, st.data())
def test_for_any_story_and_any_moment_of_restart_the_rest_is_judged_as_without_one(story, data) -> None:  # type: ignore[no-untyped-def]
    cut = data.draw(st.integers(0, len(story)), label="restarted after")
    there = data.draw(st.integers(cut, len(story)), label="memories there after")
    steady, shaken = centre(*RULES), centre(*RULES)
    for demo in (steady, shaken):
        for wait, (verb, what) in story[:cut]:
            tell(demo, wait, verb, what)
    last = next((fact.what for subject, fact in reversed(shaken.store.rows) if subject is Subject.UPTIME), THERE)
    steady.see(last)  # type: ignore[arg-type]
    shaken.restart(last)  # type: ignore[arg-type]
    for number, (wait, (verb, what)) in enumerate([*story[cut:], (1, ("see", last))], cut):
        if number == there:
            shaken.remember()
        for demo in (steady, shaken):
            tell(demo, wait, verb, what)
            demo.at(demo.now)
        if number >= there:
            assert shaken.open == steady.open

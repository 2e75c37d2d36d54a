"""The kinds of rules with a memory, events, words, and rules that break: what each finds."""

from typing import Any

import numpy as np
import pytest

from alerts.baseline import H, hour_of_week, learn
from alerts.engine import Engine
from alerts.errors import RuleError
from alerts.model import Transition
from alerts.rulebook import read_rule, read_rules
from alerts.rulefile import default_rules, read_text
from ingest.model import Event, Heard, Presence, Sample
from tests.alerts.conftest import CAMERA, HOT, SILENT, THERE, view

RATE: dict[str, object] = {
    "name": "drain", "kind": "rate", "metric": "battery_pct", "below": -1, "clear_above": -0.2, "per": "1m",
    "over": "5m", "severity": "major",
}  # fmt: skip


class Camera:
    """One camera under some rules; times in seconds."""

    def __init__(self, *rules: dict[str, object]) -> None:
        self.engine = Engine(read_rules(rules))
        self.told: list[tuple[int, str]] = []
        self._take(self.engine.observe(Heard(0, (view(),))))

    def measure(self, at: int, **metrics: Any) -> None:
        self._take(self.engine.observe(Heard(at * 1000, (), (Sample(CAMERA, at * 1000, metrics, at * 1000),))))

    def happen(self, at: int, kind: str, phase: str = "start", ident: str = "e1", **facts: Any) -> None:
        event = Event(CAMERA, at * 1000, ident, kind, phase, at * 1000, **facts)
        self._take(self.engine.observe(Heard(at * 1000, (), (), (event,))))

    def see(self, at: int, presence: Presence) -> None:
        self._take(self.engine.observe(Heard(at * 1000, (view(presence),))))

    def tick(self, at: int) -> None:
        self._take(self.engine.tick(at * 1000))

    def _take(self, steps: list[Transition]) -> None:
        self.told += [(step.at // 1000, str(step.announce)) for step in steps if step.announce]


def test_a_rate_is_judged_over_its_window_and_not_from_one_step() -> None:
    camera = Camera(RATE)
    for minute, value in enumerate((100, 99.8, 99.6, 96, 92, 88, 88, 88, 88, 88, 88)):
        camera.measure(minute * 60, battery_pct=value)
    assert camera.told == [(180, "open"), (600, "clear")]


def test_a_counter_that_began_anew_has_not_fallen() -> None:
    camera = Camera({**RATE, "metric": "plays_total", "below": None, "above": 10, "clear_above": None})
    for minute, value in enumerate((1000, 1001, 1002, 1, 2)):
        camera.measure(minute * 60, plays_total=value)
    assert camera.told == []


def test_a_rate_is_judged_over_its_whole_window_also_of_a_device_that_speaks_every_second() -> None:
    camera = Camera({**RATE, "below": None, "above": 5, "clear_above": None})
    for second in range(301):
        camera.measure(
            second, battery_pct=0 if second < 240 else (second - 240) / 4
        )  # 15 in the last minute, 3 a minute
    assert camera.told == []


def test_what_had_waited_and_comes_all_at_once_is_no_sudden_change() -> None:
    camera = Camera(RATE)
    for minute in range(5):
        camera.measure(240, battery_pct=100 - minute / 2)
    camera.measure(300, battery_pct=97.5)
    assert camera.told == []


def test_an_event_is_bad_until_the_last_of_its_type_has_ended() -> None:
    camera = Camera({"name": "hot-amp", "kind": "event", "event": "amp_overtemp", "severity": "major"})
    camera.happen(0, "amp_overtemp", ident="a")
    camera.happen(10, "amp_overtemp", ident="b")
    camera.happen(15, "something_else")
    camera.happen(20, "amp_overtemp", "end", ident="a")
    assert camera.told == [(0, "open")]
    camera.happen(30, "amp_overtemp", "end", ident="b")
    assert camera.told == [(0, "open"), (30, "clear")]


def test_an_event_whose_end_never_comes_is_over_after_a_time() -> None:
    camera = Camera({"name": "hot-amp", "kind": "event", "event": "x", "lasts": "10m", "severity": "major"})
    camera.happen(0, "x")
    camera.tick(599)
    camera.tick(600)
    assert camera.told == [(0, "open"), (600, "clear")]


def test_an_event_carries_its_own_severity() -> None:
    camera = Camera({"name": "e", "kind": "event", "event": "x", "severity": "minor"})
    camera.happen(0, "x", severity="critical")
    assert next(iter(camera.engine.alerts.values())).severity == "critical"


def test_three_beginnings_within_ten_minutes_are_repeated_and_two_are_not() -> None:
    camera = Camera({"name": "r", "kind": "repeated", "event": "reboot", "times": 3, "within": "10m",
                     "severity": "minor"})  # fmt: skip
    for at in (0, 400, 700):
        camera.happen(at, "reboot")
    assert camera.told == []
    camera.happen(800, "reboot")
    camera.tick(999)
    assert camera.told == [(800, "open")]
    camera.tick(1000)  # the one at 400 has left the window
    assert camera.told == [(800, "open"), (1000, "clear")]


def test_a_state_is_a_word_that_is_one_of_the_bad() -> None:
    camera = Camera({"name": "s", "kind": "state", "metric": "mode", "bad": ["error", "failed"], "severity": "major"})
    for at, word in enumerate(("ok", "error", "failed", None, "ok")):
        camera.measure(at, mode=word)
    assert camera.told == [(1, "open"), (4, "clear")]


def test_degraded_is_what_a_device_says_of_itself() -> None:
    camera = Camera({"name": "d", "kind": "degraded", "severity": "minor"})
    camera.see(10, Presence(connected=True, fresh=True, working=False, reason="degraded"))
    camera.see(20, SILENT)
    camera.see(30, THERE)
    assert camera.told == [(10, "open"), (30, "clear")]


def test_a_promise_is_judged_by_sums_and_only_where_there_are_enough() -> None:
    camera = Camera({"name": "p", "kind": "service", "numerator": "dossiers_on_time", "denominator": "dossiers_done",
                     "below": 90, "at_least": 20, "over": "24h", "severity": "warning"})  # fmt: skip
    camera.measure(0, dossiers_on_time=5, dossiers_done=10)
    assert camera.told == []
    camera.measure(3600, dossiers_on_time=12, dossiers_done=10)
    assert camera.told == [(3600, "open")]  # 17 of 20 are 85 %
    camera.measure(7200, dossiers_on_time=100, dossiers_done=100)
    assert camera.told == [(3600, "open"), (7200, "clear")]


def test_availability_is_the_share_of_the_time_and_wants_half_of_it_watched() -> None:
    camera = Camera({"name": "a", "kind": "availability", "below": 90, "over": "100m", "severity": "warning"})
    camera.see(60, THERE)
    camera.see(1200, SILENT)  # after 20 of the 100 minutes
    for minute in range(21, 120):
        camera.tick(minute * 60)
    assert camera.told[0][1] == "open"
    assert 3000 <= camera.told[0][0] <= 3200


def test_a_baseline_knows_each_hour_of_the_week() -> None:
    hour = 3_600_000
    monday = 4 * 24 * hour - 7 * hour  # the epoch's first Monday, midnight in Viet Nam
    assert [hour_of_week(monday), hour_of_week(monday + 167 * hour), hour_of_week(monday + 168 * hour)] == [0, 167, 0]
    times = np.arange(0, 28 * 24 * hour, hour // 4, dtype=np.int64) + monday
    busy = np.array([50.0 if 8 <= hour_of_week(int(at)) % 24 < 17 else 5.0 for at in times])
    usual = learn(times, busy, floor=1.0)
    assert usual is not None
    noon, night = monday + 12 * hour, monday + 2 * hour
    assert usual.score(noon, 50) == 0
    assert (usual.score(night, 50) or 0) > 3.5
    assert usual.score(noon, 40) == pytest.approx(-10 / 2.5)  # the spread is a twentieth of the median at least


def test_a_drift_is_found_that_no_single_value_shows() -> None:
    times = np.arange(0, 28 * 24 * 3_600_000, 900_000, dtype=np.int64)
    values = 25 + np.random.default_rng(1).normal(0, 1, len(times))
    usual = learn(times, values, floor=0.5)
    assert usual is not None
    calm, drifting = usual, usual
    for step in range(100):
        calm = calm.drifted((-1) ** step * 0.9)
        drifting = drifting.drifted(1.0)
    assert calm.drift < H < drifting.drift


def test_too_little_history_is_no_baseline() -> None:
    assert learn(np.arange(99, dtype=np.int64), np.ones(99), 1.0) is None


def test_what_is_seasonal_is_inactive_until_it_was_taught_and_never_more_than_a_warning() -> None:
    rule = {"name": "odd", "kind": "seasonal", "metric": "clients", "floor": 5, "severity": "warning"}
    camera = Camera(rule)
    camera.measure(0, clients=500)
    assert camera.told == []
    times = np.arange(0, 28 * 24 * 3_600_000, 900_000, dtype=np.int64)
    camera.engine.learn("odd", CAMERA, learn(times, np.full(len(times), 20.0), 5.0))
    camera.measure(60, clients=30)
    assert camera.told == []
    camera.measure(120, clients=500)
    assert camera.told == [(120, "open")]
    with pytest.raises(RuleError, match="may not be more than warning"):
        read_rule({**rule, "severity": "major"})


def test_a_rule_that_breaks_three_times_has_an_alert_of_its_own_and_stops_no_other() -> None:
    class Broken:
        calm = (float("inf"), float("-inf"))

        def judge(self, fact: object) -> object:
            raise ZeroDivisionError("division by zero")

    from dataclasses import replace

    broken = replace(read_rule({**HOT, "name": "broken"}), test=Broken())
    camera = Camera()
    camera.engine.adopt([broken, read_rule(HOT)])
    for at in range(3):
        camera.measure(at, temperature_c=90)
    assert {alert.key for alert in camera.engine.alerts.values()} == {f"camera-hot@{CAMERA}", "rule-broken@rule:broken"}
    assert camera.engine.health["broken"].errors == 3
    assert camera.engine.health["broken"].error == "ZeroDivisionError: division by zero"


def test_what_a_rule_cannot_judge_is_counted() -> None:
    camera = Camera(HOT)
    camera.measure(0, temperature_c=90)
    camera.measure(1, temperature_c="warm")
    assert camera.engine.health["camera-hot"].unexpected == 1


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("r.toml", "\n[[rule]]\nname = 'a'\nkind = 'threshold'\nmetric = 'fps'\nabve = 3\n", "line 6: rule 'a'"),
        ("r.toml", "[[rule]]\nname = 'a'\nkind = 'absence'\n", "line 1: rule 'a': needs a severity"),
        ("r.yaml", "rules:\n  - name: a\n    kind: absence\n    severity: majr\n", "line 4: rule 'a'"),
        ("r.yaml", "rules: [\n", "line 2: rule '?': not YAML"),
        ("r.toml", "[[rule]\n", "not TOML"),
        ("r.yaml", "ruls: []\n", "did you mean 'rule'"),
    ],
)
def test_a_wrong_file_names_the_line(name: str, text: str, sentence: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_text(text, name)
    assert sentence in str(caught.value)


def test_toml_and_yaml_say_the_same() -> None:
    toml = "[[rule]]\nname = 'a'\nkind = 'threshold'\nmetric = 'fps'\nbelow = 3\nseverity = 'minor'\n"
    yaml = "- {name: a, kind: threshold, metric: fps, below: 3, severity: minor}\n"
    assert read_text(toml, "a.toml") == read_text(yaml, "a.yml")


def test_every_shipped_rule_says_what_to_do_in_both_languages() -> None:
    for rule in default_rules():
        assert rule.advice["vi"], rule.name
        assert rule.advice["en"], rule.name
        assert rule.advice["vi"] != rule.advice["en"]
    assert "wifi-clients-odd" not in {rule.name for rule in default_rules()}  # off until it is proven


def test_a_rule_explained_by_another_is_told_only_where_that_one_is_silent() -> None:
    bad = {"name": "poor", "kind": "threshold", "metric": "mos", "below": 3, "severity": "minor", "for": "60s"}
    part = {"name": "loss", "kind": "threshold", "metric": "loss_pct", "above": 5, "severity": "minor", "for": "60s",
            "explained_by": ["poor"]}  # fmt: skip
    camera = Camera(part, bad)
    for at in (0, 30, 60, 90):
        camera.measure(at, mos=2, loss_pct=10)
        camera.tick(at)
    assert camera.told == [(60, "open")]
    assert {alert.rule: alert.suppressed for alert in camera.engine.alerts.values()} == {"poor": False, "loss": True}
    camera.measure(120, mos=4, loss_pct=10)
    assert camera.told == [(60, "open"), (120, "clear")]
    camera.measure(150, mos=4, loss_pct=10)  # what explained it is over, and this is not
    assert camera.told == [(60, "open"), (120, "clear"), (150, "open")]

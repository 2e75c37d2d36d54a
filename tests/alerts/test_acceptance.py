"""The operators' acceptance scenarios of the engine, in their own numbers, on an injected clock."""

from itertools import pairwise
from pathlib import Path

import pytest

from alerts.model import Action, Condition
from alerts.rehearsal import Outcome, rehearse
from alerts.rulebook import read_rules
from alerts.scenario import read_scenarios
from alerts.suppression import Scope, Silence
from ingest.model import Heard, Sample
from tests.alerts.conftest import CAMERA, GONE, HOT, SILENT, THERE, District, make, sample, view

MINUTE = 60
HOT_RULE = "{name: hot, kind: threshold, metric: t, above: %s, for: %s, keep: %s, severity: major}"


def play(text: str) -> Outcome:
    (scenario,) = read_scenarios(text, lambda _name: "")
    return rehearse(scenario)


def holds(text: str) -> None:
    outcome = play(text)
    assert outcome.differences == ()


def hot(above: int, wait: str, keep: str, interval: str, values: str, expect: dict[str, str], told: int) -> str:
    alerts = {"": "[]"} | {s: f"[{{rule: hot, device: demo/camera/c1, state: {s}}}]" for s in ("pending", "firing")}
    lines = "\n".join(f"      - {{at: {at}, rule: hot, alerts: {alerts[state]}}}" for at, state in expect.items())
    return f"""
rules: [{HOT_RULE % (above, wait, keep)}]
tests:
  - interval: {interval}
    series: [{{device: demo/camera/c1, metric: t, values: "{values}"}}]
    expect:
{lines}
    notifications: {told}
"""


def test_it_fires_at_150_s_and_is_cleared_at_180_s() -> None:
    """AC-01."""
    expect = {"30s": "", "60s": "pending", "90s": "pending", "120s": "pending", "150s": "firing", "180s": ""}
    holds(hot(80, "90s", "0s", "30s", "70 70 90 90 90 90 70", expect, 2))


def test_what_never_lasts_is_never_told() -> None:
    """AC-02: no notification, no resolve."""
    holds(hot(80, "90s", "0s", "30s", "70 90 90 90 70 90 90 90 70", {"4m": ""}, 0))


def test_keep_holds_it_until_five_minutes() -> None:
    """AC-03."""
    expect = {"0s": "pending", "1m": "firing", "4m": "firing", "4m30s": "firing", "5m": ""}
    holds(hot(50, "1m", "1m", "1m", "75 85 70 70 10x6", expect, 2))


def test_keep_does_not_apply_to_what_is_pending() -> None:
    """AC-04."""
    holds(hot(50, "1m", "1m", "1m", "75 10x5", {"0s": "pending", "1m": ""}, 0))


def test_one_gap_does_not_reset_and_a_stale_marker_does() -> None:
    """AC-05: 2 m 30 with a gap, 4 m with the end of the series."""
    text = hot(0, "2m", "0s", "30s", "1 0 0 _ 0 0 0 0", {"2m": "pending", "2m30s": "firing"}, 1)
    holds(text.replace("above: 0", "below: 1"))
    text = hot(0, "2m", "0s", "30s", "1 0 0 S 0 0 0 0 0", {"90s": "", "2m": "pending", "3m30s": "pending",
                                                           "4m": "firing"}, 1)  # fmt: skip
    holds(text.replace("above: 0", "below: 1"))


def test_silence_is_pending_at_150_s_firing_at_180_s_and_over_when_it_is_back() -> None:
    """AC-07: three intervals of 30 s after the word at 60 s."""
    expect = {"120s": "", "150s": "pending", "180s": "firing", "240s": ""}
    text = hot(0, "30s", "0s", "30s", "1 1 1 _ _ _ _ _ 1", expect, 2)
    holds(text.replace("kind: threshold, metric: t, above: 0", "kind: absence"))


def test_raising_for_makes_a_firing_alert_pending_until_then() -> None:
    """AC-08: `for` 15 s to 1 h while firing at 30 s; firing again at 1 h."""
    district = make({**HOT, "for": "15s"})
    district.play(15, "90 90")
    district.engine.adopt(read_rules([{**HOT, "for": "1h"}]))
    states = []
    for at in (30, 3599, 3600):
        district.tick(at)
        states.append(district.state)
    assert states == ["pending", "pending", "firing"]


def test_no_data_may_count_as_bad_and_then_it_fires_at_30_s() -> None:
    """AC-10: Normal, Bad, Error, NoData every 10 s, for 30 s. Written down: `for` counts from the first bad
    evaluation, and `>=`: bad at 10 s fires at 40 s. Grafana's own change fires at 30 s, for it counts evaluations."""
    expect = {"0s": "", "10s": "pending", "20s": "pending", "30s": "pending", "40s": "firing"}
    text = hot(80, "30s", "0s", "10s", "70 90 null null null", expect, 1)
    holds(text.replace("severity: major", "severity: major, unknown: bad"))


def test_the_dead_band_of_81_to_69() -> None:
    """AC-11."""
    text = hot(80, "0s", "0s", "30s", "81 79 75 71 69 75", {"0s": "firing", "90s": "firing", "2m": "", "150s": ""}, 2)
    holds(text.replace("above: 80", "above: 80, clear_below: 70"))


def test_the_ladder_of_severities() -> None:
    """AC-12: 50 MAJOR created, 100 CRITICAL updated, 101 nothing, 20 cleared and unseen with its peak."""
    ladder = {**HOT, "above": 40, "clear_below": 30, "steps": [{"above": 99, "severity": "critical"}]}
    district = make(ladder)
    told = []
    for at, value in enumerate((50, 100, 101, 20)):
        told.append([step.announce for step in district.hear(at * 30, value) if step.announce])
    assert told == [["open"], ["worse"], [], ["clear"]]
    assert (district.only.condition, district.only.acked, district.only.peak_severity) == ("cleared", False, "critical")


def test_three_attempts_make_one_problem_and_one_recovery() -> None:
    """AC-14: OK UNK CRIT CRIT OK CRIT OK; three attempts are two intervals; unknown counts as bad, as it does there."""
    text = hot(80, "2m", "0s", "1m", "70 null 90 90 70 90 70", {"2m": "pending", "3m": "firing", "4m": ""}, 2)
    holds(text.replace("severity: major", "severity: major, unknown: bad"))


def test_what_clears_during_maintenance_is_cleared_and_the_next_bad_is_announced_anew() -> None:
    """AC-25 (Alerta #176)."""
    district = make(HOT)
    district.hear(0, 90)
    window = Silence("m", Scope(rules=("camera-hot",)), 10_000, 100_000, "lan", "bảo trì")
    district._say(district.engine.adopt_quiets([window], 10_000))
    district.hear(20, 70)
    assert district.state == "cleared"
    district.tick(100)
    district.hear(110, 70)
    district.hear(120, 90)
    assert district.announced == ["open", "clear", "open"]


@pytest.mark.parametrize(("clears_at", "told"), [(None, ["open", "reminder"]), (20, ["open", "clear"])])
def test_an_acknowledgement_of_thirty_minutes(clears_at: int | None, told: list[str]) -> None:
    """AC-27: acknowledged at 5 min, still firing at 35: told once more; cleared at 20: nothing more."""
    district = make(HOT)
    district.hear(0, 90)
    district.ask(5 * MINUTE, Action.ACK, until_s=35 * MINUTE)
    if clears_at:
        district.hear(clears_at * MINUTE, 70)
    for minute in range(21, 120):
        if not clears_at:
            district.hear(minute * MINUTE, 90)
        district.tick(minute * MINUTE)
    assert district.announced == told


def test_a_silence_over_one_of_two_alerts_leaves_the_other_heard() -> None:
    """AC-22, of the engine's part: two devices, one silenced from 2.5 s to 4.5 s, judged every second."""
    district = make({**HOT, "keep": "0s"})
    names = {"test1": CAMERA, "test2": "demo/camera/c2"}
    quiet = Silence("s", Scope(devices=(CAMERA,)), 2500, 4500, "lan", "thử")
    told: dict[int, list[str]] = {}
    for at in range(2, 7):
        district.engine.tick(at * 1000)
        district.engine.adopt_quiets([quiet], at * 1000)
        value = 90 if at % 2 == 0 else 70  # each second another message, where it may be told
        samples: tuple[Sample, ...] = tuple(sample(at, value, device=device) for device in names.values())
        views = tuple(view(device=device) for device in names.values())
        steps = district.engine.observe(Heard(at * 1000, views, samples))
        told[at] = sorted(name for name, device in names.items() for s in steps if s.announce and
                          s.alert.device == device)  # fmt: skip
    assert told == {2: ["test1", "test2"], 3: ["test2"], 4: ["test2"], 5: ["test1", "test2"], 6: ["test1", "test2"]}


def test_an_engine_down_for_ten_minutes_has_spent_five() -> None:
    """AC-09: for 25 m, bad at 0 and 5 m, down 10 m; and what fires stays firing."""
    from tests.alerts.test_timing import restarted

    rule = {**HOT, "for": "25m"}
    before = make(rule)
    before.play(300, "90 90")
    after = restarted(before, rule, down_s=300, up_s=900)
    (alert,) = after.engine.alerts.values()
    assert alert.timer is not None
    assert 900_000 - alert.timer == 300_000
    firing = make(HOT)
    firing.hear(0, 90)
    again = restarted(firing, HOT, down_s=0, up_s=600)
    again.tick(600)
    assert again.only.condition is Condition.FIRING
    assert again.announced == []


def test_the_scenarios_of_the_documentation_hold() -> None:
    text = Path(__file__).parents[2].joinpath("docs", "rules.md").read_text("utf-8")
    blocks = [part.split("```")[0] for part in text.split("```yaml\n")[1:]]
    played = [block for block in blocks if "tests:" in block]
    assert played
    for block in played:
        holds(block)


def test_each_change_of_a_presence_is_told_once() -> None:
    district: District = make(GONE)
    for at in range(0, 1200, 300):
        district.see(at, SILENT if at % 600 == 0 else THERE)
    assert all(first != second for first, second in pairwise(district.announced))

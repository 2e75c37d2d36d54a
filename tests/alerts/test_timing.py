"""`for`, `keep` and the dead band, in the numbers of promtool and of the operators' acceptance scenarios."""

from alerts.engine import Engine
from alerts.model import Alert
from alerts.rulebook import read_rules
from ingest.model import Heard
from tests.alerts.conftest import BLIND, GONE, HOT, SILENT, THERE, WILL, District, make, view


def test_it_fires_when_it_was_bad_for_as_long_as_the_rule_says() -> None:
    district = make({**HOT, "for": "90s"})
    states = district.play(30, "70 70 90 90 90 90 70")
    assert states == {
        0: "",
        30: "",
        60: "pending",
        90: "pending",
        120: "pending",
        150: "firing",
        180: "cleared",
    }
    assert district.announced == ["open", "clear"]


def test_what_is_good_again_before_its_time_is_never_told() -> None:
    district = make({**HOT, "for": "90s"})
    district.play(30, "70 90 90 90 70 90 90 90 70")
    assert district.announced == []
    assert district.state == ""


def test_keep_holds_a_firing_alert_until_it_was_good_for_long_enough() -> None:
    district = make({**HOT, "above": 50, "for": "1m", "keep": "1m"})
    states = district.play(30, "75 75 85 85 70 70 70 70 10 10 10 10 10 10")
    assert states[30] == "pending"
    assert all(states[at] == "firing" for at in range(60, 240, 30))
    assert states[240] == states[270] == "recovering"
    assert states[300] == "cleared"


def test_keep_does_not_apply_to_a_pending_alert() -> None:
    district = make({**HOT, "above": 50, "for": "1m", "keep": "1m"})
    assert district.play(60, "75 10 10 10") == {0: "pending", 60: "", 120: "", 180: ""}


def test_a_missing_sample_does_not_reset_the_clock() -> None:
    district = make({**HOT, "below": 1, "above": None, "for": "2m"})
    states = district.play(30, "1 0 0 _ 0 0 0 0")
    assert [at for at, state in states.items() if state == "firing"] == [150, 180, 210]


def test_time_in_which_the_value_is_unknown_does_not_count() -> None:
    district = make({**HOT, "below": 1, "above": None, "for": "2m"})
    states = district.play(30, "1 0 0 null 0 0 0 0")
    # bad 30..90 is one minute, unknown 90..120 is none, so the second minute ends at 180
    assert [at for at, state in states.items() if state == "firing"] == [180, 210]


def test_a_silent_device_is_pending_after_its_timeout_and_fires_after_for() -> None:
    district = make({**GONE, "for": "30s"})
    for at in (0, 30, 60):
        district.see(at, THERE)
    district.see(150, SILENT)  # the presence's own timeout: 90 s after the last word
    assert district.state == "pending"
    district.tick(179)
    assert district.state == "pending"
    district.tick(180)
    assert district.state == "firing"
    district.see(240, THERE)
    assert district.state == "cleared"


def test_the_dead_band_neither_fires_nor_clears() -> None:
    district = make({**HOT, "clear_below": 70})
    states = district.play(30, "81 79 75 71 70 75")
    assert list(states.values()) == ["firing"] * 4 + ["cleared"] * 2
    assert district.announced == ["open", "clear"]


def test_a_limit_is_strict() -> None:
    assert list(make(HOT).play(30, "80 80.1 80").values()) == ["", "firing", "cleared"]


def test_the_dead_band_ends_a_pending_alert() -> None:
    district = make({**HOT, "clear_below": 70, "for": "90s"})
    assert list(district.play(30, "90 90 75 90").values()) == ["pending", "pending", "", "pending"]


def test_the_dead_band_stops_recovery_from_completing() -> None:
    district = make({**HOT, "clear_below": 70, "keep": "1m"})
    states = district.play(30, "90 60 75 75 60")
    assert list(states.values()) == ["firing", "recovering", "recovering", "recovering", "cleared"]


def test_a_relapse_during_recovery_is_not_told() -> None:
    district = make({**HOT, "keep": "2m"})
    states = district.play(30, "90 60 90 60 60 60 60 60")
    assert list(states.values())[:4] == ["firing", "recovering", "firing", "recovering"]
    assert states[210] == "cleared"
    assert district.announced == ["open", "clear"]


def test_severity_rises_with_one_message_and_falls_with_none() -> None:
    ladder = {**HOT, "above": 40, "clear_below": 30, "steps": [{"above": 99, "severity": "critical"}]}
    district = make(ladder)
    district.play(30, "50 100 101 60 102 20")
    assert district.announced == ["open", "worse", "clear"]
    assert (district.only.severity, district.only.peak_severity) == ("critical", "critical")
    assert (district.only.condition, district.only.acked) == ("cleared", False)


def test_raising_for_withdraws_an_alert_that_is_younger_and_fires_it_again_in_time() -> None:
    district = make({**HOT, "for": "15s"})
    district.play(15, "90 90")
    assert district.state == "firing"
    district.engine.adopt(read_rules([{**HOT, "for": "1h"}]))
    district.tick(30)
    assert district.state == "pending"
    district.tick(3599)
    assert district.state == "pending"
    district.tick(3600)
    assert district.state == "firing"
    assert district.announced == ["open", "withdrawn", "open"]


def test_raising_for_leaves_an_alert_that_is_older() -> None:
    district = make({**HOT, "for": "15s"})
    district.play(15, "90 90 90 90 90")
    district.engine.adopt(read_rules([{**HOT, "for": "30s"}]))
    assert district.tick(60) == []
    assert district.state == "firing"


def restarted(district: District, *rules: dict[str, object], down_s: int, up_s: int, **engine: object) -> District:
    alerts: list[Alert] = list(district.engine.alerts.values())
    now, evaluated_at = up_s * 1000, down_s * 1000
    engine = {"quiet_until": 0, **engine}
    return District(Engine(read_rules(rules), alerts, now=now, evaluated_at=evaluated_at, **engine))


def test_downtime_neither_counts_for_a_timer_nor_resets_it() -> None:
    rule = {**HOT, "for": "25m"}
    before = make(rule)
    before.play(300, "90 90")
    after = restarted(before, rule, down_s=300, up_s=900)
    after.hear(900, 90)
    after.tick(900 + 20 * 60 - 1)  # five of the 25 minutes were spent before
    assert after.state == "pending"
    after.tick(900 + 20 * 60)
    assert after.state == "firing"
    assert after.only.since == 0  # the trouble truly began then


def test_a_firing_alert_stays_firing_over_a_restart() -> None:
    rule = {**HOT, "for": "5m"}
    before = make(rule)
    before.play(300, "90 90")
    after = restarted(before, rule, down_s=300, up_s=86_400)
    assert after.tick(86_400) == []
    assert after.state == "firing"
    after.hear(86_401, 60)
    assert after.announced == ["clear"]


def test_recovery_goes_on_after_a_restart_where_it_stood() -> None:
    rule = {**HOT, "keep": "2m"}
    before = make(rule)
    before.play(60, "90 60 60")  # good since 60, one minute of two
    after = restarted(before, rule, down_s=120, up_s=1000)
    after.tick(1059)
    assert after.state == "recovering"
    after.tick(1060)
    assert after.announced == ["clear"]


def test_absence_is_not_believed_before_the_quiet_time_is_over() -> None:
    district = make({**GONE, "for": "30s"}, quiet_until=100_000)
    district.see(10, SILENT)
    assert district.state == ""
    district.tick(99)
    assert district.state == ""
    district.tick(100)
    assert district.state == "pending"
    district.tick(130)
    assert district.state == "firing"


def test_who_came_back_during_the_quiet_time_is_not_absent_after_it() -> None:
    district = make(GONE, quiet_until=100_000)
    district.see(10, SILENT)
    district.see(20, THERE)
    district.tick(200)
    assert district.announced == []


def test_an_absence_pending_at_a_restart_waits_for_the_quiet_time() -> None:
    rule = {**GONE, "for": "60s"}
    before = make(rule)
    before.see(0, SILENT)
    before.tick(30)  # half of its minute
    after = restarted(before, rule, down_s=30, up_s=1000, quiet_until=1_090_000)
    after.tick(1090)
    after.tick(1119)
    assert after.state == "pending"
    after.tick(1120)
    assert after.state == "firing"


def test_a_device_whose_gateway_is_lost_is_neither_absent_nor_back() -> None:
    district = make(GONE)
    district.see(0, BLIND)
    assert district.announced == []
    district.see(10, WILL)
    district.see(20, BLIND)
    assert district.state == "firing"
    assert district.only.quality == "stale"
    assert district.only.reason == "gateway_lost"


def test_a_clean_goodbye_is_absence_with_its_reason() -> None:
    district = make(GONE)
    clean = view(THERE).presence.__class__(connected=False, fresh=True, reason="clean")
    district.see(0, clean)
    assert (district.state, district.only.reason) == ("firing", "clean")


def test_a_silent_device_keeps_its_metrics_alerts_as_stale() -> None:
    district = make(HOT)
    district.hear(0, 90)
    district.see(100, SILENT)
    assert (district.state, district.only.quality, district.only.value) == ("firing", "stale", 90)
    district.hear(200, 90)
    assert district.only.quality == "good"
    assert district.announced == ["open"]


def test_a_silent_device_freezes_what_is_pending() -> None:
    district = make({**HOT, "for": "2m"})
    district.hear(0, 90)
    district.see(60, SILENT)
    district.tick(600)
    assert district.state == "pending"
    district.hear(600, 90)
    district.tick(659)
    assert district.state == "pending"
    district.tick(660)
    assert district.state == "firing"


def test_samples_of_one_step_are_judged_in_their_order() -> None:
    district = make(HOT)
    district.engine.observe(Heard(0, (view(),)))
    district.hear(10, 70, 90, 70)
    assert district.announced == ["open", "clear"]

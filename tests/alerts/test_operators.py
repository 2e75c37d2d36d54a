"""What operators, rule changes and devices' admission do to an alert."""

import pytest

from alerts.model import Action, Condition, Refused, Transition
from alerts.rulebook import read_rules
from ingest.model import Admission
from tests.alerts.conftest import GONE, HOT, SILENT, District, make, request

MINUTE, HOUR = 60, 3600


def test_an_acknowledgement_is_kept_with_its_author(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(5, Action.ACK, actor="lan")
    assert (hot.only.acked, hot.only.acked_by, hot.only.acked_at) == (True, "lan", 5000)


def test_acknowledging_twice_keeps_the_first(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(5, Action.ACK, actor="lan")
    hot.ask(6, Action.ACK, actor="minh")
    assert (hot.only.acked_by, hot.only.acked_at, hot.announced) == ("lan", 5000, ["open"])


def test_an_acknowledged_alert_that_clears_is_closed(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(5, Action.ACK)
    (step,) = hot.hear(10, 70)
    assert (step.alert.condition, step.alert.outcome, step.announce) == (Condition.CLOSED, "normal", "clear")
    assert hot.state == ""


def test_a_cleared_alert_stays_until_someone_has_seen_it(hot: District) -> None:
    hot.play(30, "90 70 70")
    assert hot.state == "cleared"
    step = hot.ask(100, Action.ACK, actor="lan")
    assert isinstance(step, Transition)
    assert (step.alert.outcome, step.alert.acked_by, step.announce) == ("normal", "lan", None)


@pytest.mark.parametrize(("severity", "patience_s"), [("warning", HOUR), ("minor", 4 * HOUR), ("major", 24 * HOUR)])
def test_a_cleared_alert_nobody_saw_closes_after_a_time_by_its_severity(severity: str, patience_s: int) -> None:
    district = make({**HOT, "severity": severity})
    district.play(30, "90 70")
    assert district.tick(30 + patience_s - 1) == []
    (step,) = district.tick(30 + patience_s)
    assert (step.alert.outcome, step.announce) == ("unacknowledged", None)


def test_a_critical_alert_never_closes_unseen() -> None:
    district = make({**HOT, "severity": "critical"})
    district.play(30, "90 70")
    assert district.tick(365 * 24 * HOUR) == []
    assert district.state == "cleared"


def test_an_acknowledgement_that_runs_out_reminds_once(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(5 * MINUTE, Action.ACK, until_s=35 * MINUTE)
    assert hot.tick(35 * MINUTE - 1) == []
    hot.tick(35 * MINUTE)
    hot.tick(HOUR)
    assert hot.announced == ["open", "reminder"]
    assert not hot.only.acked


def test_an_acknowledgement_of_what_cleared_meanwhile_reminds_nobody(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(5 * MINUTE, Action.ACK, until_s=35 * MINUTE)
    hot.hear(20 * MINUTE, 70)
    hot.tick(HOUR)
    assert hot.announced == ["open", "clear"]


def test_an_acknowledgement_cannot_end_in_the_past(hot: District) -> None:
    hot.hear(0, 90)
    refused = hot.ask(10, Action.ACK, until_s=9)
    assert isinstance(refused, Refused)
    assert refused.reason == "bad_until"


def test_an_acknowledgement_is_lost_when_the_severity_rises() -> None:
    district = make({**HOT, "steps": [{"above": 95, "severity": "critical"}]})
    district.hear(0, 90)
    district.ask(5, Action.ACK)
    district.hear(10, 96)
    assert (district.only.acked, district.announced) == (False, ["open", "worse"])


def test_an_acknowledgement_can_be_taken_back(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(5, Action.ACK)
    hot.ask(6, Action.UNACK)
    assert (hot.only.acked, hot.only.acked_by) == (False, None)


def test_what_is_still_active_cannot_be_closed(hot: District) -> None:
    hot.hear(0, 90)
    refused = hot.ask(5, Action.CLOSE)
    assert isinstance(refused, Refused)
    assert refused.reason == "still_active"


def test_a_false_alarm_is_withdrawn_and_not_raised_again_before_a_cool_down(hot: District) -> None:
    hot.hear(0, 90)
    hot.ask(5, Action.CLOSE, reason="false_alarm")
    hot.hear(10, 90)
    assert (hot.state, hot.announced) == ("", ["open", "withdrawn"])
    hot.tick(5 + 10 * MINUTE)  # still the newest value when the cool-down ends
    assert (hot.state, hot.announced) == ("firing", ["open", "withdrawn", "open"])


def test_a_comment_changes_nothing_but_the_timeline(hot: District) -> None:
    hot.hear(0, 90)
    before = hot.only
    step = hot.ask(5, Action.COMMENT, text="đã gọi thôn")
    assert isinstance(step, Transition)
    assert (step.cause, step.comment, step.announce) == ("comment", "đã gọi thôn", None)
    assert (hot.only.condition, hot.only.version) == (before.condition, before.version + 1)


def test_a_pending_alert_has_nothing_to_acknowledge() -> None:
    district = make({**HOT, "for": "90s"})
    district.hear(0, 90)
    refused = district.ask(1, Action.ACK)
    assert isinstance(refused, Refused)
    assert refused.reason == "pending"


def test_a_request_for_an_unknown_alert_is_refused(hot: District) -> None:
    refused = hot.engine.act(request("nothing", Action.ACK), 0)
    assert refused == Refused("not_open", "no open alert has this id")


def test_a_relapse_within_the_window_is_the_next_episode_of_the_same_alert(hot: District) -> None:
    hot.hear(0, 90)
    first = hot.only.id
    hot.hear(60, 70)
    hot.hear(120, 90)
    assert (hot.only.id, hot.only.episode, hot.only.since) == (first, 2, 120_000)
    assert hot.announced == ["open", "clear", "open"]


def test_a_relapse_must_last_as_long_as_the_rule_says() -> None:
    district = make({**HOT, "for": "90s"})
    states = district.play(30, "90 90 90 90 70 90 90 70 90 90 90 90")
    assert [at for at, state in states.items() if state == "firing"] == [90, 330]
    assert district.announced == ["open", "clear", "open"]
    assert district.only.episode == 2


def test_a_relapse_past_the_window_is_a_new_alert(hot: District) -> None:
    hot.hear(0, 90)
    first = hot.only.id
    hot.hear(60, 70)
    steps = hot.hear(60 + 15 * MINUTE + 1, 90)
    assert [step.cause for step in steps] == ["later", "ripe"]
    assert steps[0].alert.outcome == "superseded"
    assert (hot.only.id != first, hot.only.episode) == (True, 1)


def test_a_relapse_that_ripens_past_the_window_keeps_when_it_began() -> None:
    district = make({**HOT, "for": "10m"})
    district.hear(0, 90)
    district.tick(600)
    district.hear(700, 70)
    district.hear(700 + 10 * MINUTE, 90)
    district.tick(700 + 20 * MINUTE)
    assert (district.only.since, district.only.firing_since) == (1_300_000, 1_900_000)
    assert district.announced == ["open", "clear", "open"]


def test_seeing_a_cleared_alert_that_relapses_leaves_the_relapse_pending() -> None:
    district = make({**HOT, "for": "10m"})
    district.hear(0, 90)
    district.tick(600)
    district.hear(700, 70)
    district.hear(800, 90)
    district.ask(810, Action.ACK)
    assert (district.state, district.only.acked) == ("pending", False)
    district.tick(4000)
    assert district.state == "firing"


def test_a_late_sample_is_history_and_changes_nothing(hot: District) -> None:
    hot.hear(100, 90)
    assert hot.hear(50, 70) == []
    assert hot.state == "firing"


def test_a_rule_that_is_removed_withdraws_its_alerts(hot: District) -> None:
    hot.hear(0, 90)
    hot.engine.adopt(())
    (step,) = hot.tick(1)
    assert (step.alert.outcome, step.announce) == ("rule_removed", "withdrawn")


def test_a_rule_that_now_judges_another_metric_withdraws_its_alerts(hot: District) -> None:
    hot.hear(0, 90)
    hot.engine.adopt(read_rules([{**HOT, "metric": "cpu_pct"}]))
    assert [step.announce for step in hot.tick(1)] == ["withdrawn"]


def test_a_retired_device_withdraws_its_alerts_and_raises_none() -> None:
    district = make(GONE)
    district.see(0, SILENT)
    (step,) = district.see(10, SILENT, admission=Admission.RETIRED)
    assert (step.alert.outcome, step.announce) == ("retired", "withdrawn")
    assert district.see(20, SILENT, admission=Admission.RETIRED) == []


def test_a_device_nobody_admitted_raises_nothing_until_it_is() -> None:
    district = make(GONE)
    assert district.see(0, SILENT, admission=Admission.PENDING) == []
    assert [step.announce for step in district.see(10, SILENT)] == ["open"]


def test_a_call_that_ends_while_it_is_poor_clears_where_no_data_counts_as_good() -> None:
    district = make({**HOT, "unknown": "good"})
    district.hear(0, 90)
    district.hear(10, None)
    district.tick(10)
    assert district.announced == ["open", "clear"]

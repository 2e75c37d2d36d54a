"""Alertmanager's forms, read and written, and a real Alertmanager on both sides."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from realparts.alertmanager import Alertmanager as RealAlertmanager

from alerts import outbox
from alerts.alertmanager import RULE, Outside, Report, Unreadable, read, report, write_webhook
from alerts.channel import Outcome
from alerts.channels.alertmanager import Alertmanager, open_alertmanager
from alerts.engine import Engine
from alerts.model import Condition, Severity
from alerts.outbox import Letter
from alerts.rulebook import read_rules
from tests.alerts.conftest import HOT, District, make
from tests.alerts.desks import open_desk

NOW = 1_795_320_306_789
ROUTE = """\
route: {{receiver: ioc, group_wait: 10ms, group_interval: 1s, group_by: [alertname]}}
receivers:
  - name: ioc
    webhook_configs: [{{url: "{url}", send_resolved: true}}]
"""

json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
likely = st.fixed_dictionaries(
    {"labels": st.dictionaries(st.sampled_from(["alertname", "severity", "area"]), json_like)},
    optional=dict.fromkeys(("status", "startsAt", "endsAt", "annotations"), json_like),
)


def posted(**facts: Any) -> dict[str, Any]:
    labels = {"alertname": "DiskFull", "severity": "page", "area": "que-trung", "instance": "db:9100"}
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "Đĩa sắp đầy"},
        "startsAt": "2026-11-22T04:05:06.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        **facts,
    }


def webhook(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {"version": "4", "alerts": list(alerts)}


def only(body: object, now: int = NOW) -> Outside:
    found = read(body, now)
    assert isinstance(found, tuple)
    (outside,) = found
    return outside


@pytest.fixture
def letter() -> Letter:
    steps = make({**HOT, "title": {"vi": "Camera quá nóng", "en": "Camera is too hot"}}).hear(0, 90)
    return outbox.post(steps[0], ["am"], [])[0]


def test_a_webhook_says_what_fires_and_how_bad_it_is() -> None:
    outside = only(webhook(posted()))
    assert (outside.name, outside.severity, outside.summary) == ("DiskFull", Severity.CRITICAL, "Đĩa sắp đầy")
    assert (outside.area, outside.firing, outside.starts_at) == ("que-trung", True, 1_795_320_306_123)


def test_the_same_labels_are_the_same_alert_in_either_form() -> None:
    fresh = posted(endsAt="2026-11-22T04:09:06Z")
    del fresh["status"]
    assert only(webhook(posted())).id == only([fresh]).id
    assert only([fresh]).ends_at == 1_795_320_546_000


def test_a_list_says_an_alert_is_over_by_its_end() -> None:
    over = posted(endsAt="2026-11-22T04:05:06Z")
    del over["status"]
    assert only([over]).firing is False


@pytest.mark.parametrize("body", [None, {}, {"version": "3", "alerts": []}, [{}], webhook({"labels": {}}), [1] * 501])
def test_a_body_that_is_neither_form_is_refused_in_both_languages(body: object) -> None:
    refused = read(body, NOW)
    assert isinstance(refused, Unreadable)
    assert refused.vi
    assert refused.en


@given(
    json_like
    | st.lists(likely, max_size=3)
    | st.builds(lambda alerts: {"version": "4", "alerts": alerts}, st.lists(likely))
)
def test_no_json_whatever_makes_the_reader_fail(body: object) -> None:
    assert isinstance(read(body, NOW), tuple | Unreadable)


class Centre:
    """An engine that hears of outside alerts, and what it said."""

    def __init__(self) -> None:
        self.district = District(Engine((*read_rules([HOT]), RULE)))

    def hear(self, at: int, **facts: Any) -> None:
        self.tell(report(only(webhook(posted(**facts)), at), "ns", at), at)

    def tell(self, told: Report, at: int) -> None:
        self.district.said += self.district.engine.report(told.rule, told.device, told.finding, at)


def test_an_outside_alert_becomes_one_of_our_own_once() -> None:
    centre = Centre()
    centre.hear(NOW)
    centre.hear(NOW + 1000)
    alert = centre.district.only
    assert (alert.condition, alert.severity, alert.area) == (Condition.FIRING, Severity.CRITICAL, "que-trung")
    assert alert.title == {"vi": "Đĩa sắp đầy", "en": "Đĩa sắp đầy"}
    assert alert.device.startswith("ns/alertmanager/diskfull-")
    assert centre.district.announced == ["open"]


def test_it_is_over_when_its_sender_says_so() -> None:
    centre = Centre()
    centre.hear(NOW)
    centre.hear(NOW + 1000, status="resolved", endsAt="2026-11-22T04:05:07Z")
    assert centre.district.announced == ["open", "clear"]


def test_one_that_ran_out_unsaid_stays_and_is_stale() -> None:
    fresh = posted(endsAt="2026-11-22T04:09:06Z")
    del fresh["status"]
    centre, outside = Centre(), only([fresh])
    centre.tell(report(outside, "ns", NOW), NOW)
    centre.tell(report(outside, "ns", NOW + 600_000), NOW + 600_000)
    alert = centre.district.only
    assert (alert.condition, alert.quality, alert.reason) == (Condition.FIRING, "stale", "no_news")


def test_an_outside_alert_outlives_a_restart() -> None:
    centre = Centre()
    centre.hear(NOW)
    after = District(Engine((RULE,), centre.district.engine.alerts.values(), now=NOW + 5000))
    assert after.engine.tick(NOW + 6000) == []
    assert after.only.condition is Condition.FIRING


def test_a_channel_says_what_it_takes_without_saying_its_secret() -> None:
    with pytest.raises(ValueError, match="form") as refused:
        open_alertmanager("am", {"url": "https://x.vn/?token=s3cret", "form": "xml"})
    assert "s3cret" not in str(refused.value)


def test_a_webhook_goes_out_in_version_4(letter: Letter) -> None:
    with open_desk() as desk:
        channel = Alertmanager("am", desk.url)
        assert channel.send(letter).outcome is Outcome.SENT
        channel.close()
    (body,) = desk.got
    assert (body["version"], body["status"], body["receiver"]) == ("4", "firing", "am")
    assert body["alerts"][0]["labels"]["alertname"] == "camera-hot"
    assert body["alerts"][0]["annotations"]["summary"] == "Camera quá nóng"


def test_what_goes_out_can_be_read_by_ourselves(letter: Letter, hot: District) -> None:
    body = write_webhook(letter.key, letter.body, "am")
    assert only(body).firing
    ended = outbox.post(hot.hear(0, 90)[0], ["am"], [])[0]
    assert (
        only(
            write_webhook(ended.key, {**ended.body, "alert": {**ended.body["alert"], "condition": "cleared"}}, "am")
        ).firing
        is False
    )  # type: ignore[dict-item]


@pytest.mark.real
def test_a_real_alertmanager_is_heard_firing_and_resolved(make_alertmanager: Callable[[str], RealAlertmanager]) -> None:
    with open_desk() as desk:
        server = make_alertmanager(ROUTE.format(url=desk.url))
        labels = posted()["labels"]
        httpx.post(f"{server.url}/api/v2/alerts", json=[{"labels": labels, "annotations": {"summary": "Đĩa sắp đầy"}}])
        firing = only(desk.queue.get(timeout=20))
        over = {"labels": labels, "endsAt": "2020-01-01T00:00:00Z", "startsAt": "2019-01-01T00:00:00Z"}
        httpx.post(f"{server.url}/api/v2/alerts", json=[over])
        resolved = only(desk.queue.get(timeout=20))
    assert (firing.firing, firing.summary, resolved.firing) == (True, "Đĩa sắp đầy", False)
    assert firing.id == resolved.id


@pytest.mark.real
def test_our_alerts_go_through_a_real_alertmanager_and_its_webhook_has_the_form_of_ours(
    make_alertmanager: Callable[[str], RealAlertmanager], letter: Letter
) -> None:
    with open_desk() as desk:
        server = make_alertmanager(ROUTE.format(url=desk.url))
        channel = Alertmanager("am", f"{server.url}/api/v2/alerts", "alerts")
        assert channel.send(letter).outcome is Outcome.SENT
        channel.close()
        (listed,) = httpx.get(f"{server.url}/api/v2/alerts").json()
        theirs = desk.queue.get(timeout=20)
    assert listed["labels"] == {
        "alertname": "camera-hot", "area": "que-trung", "device": "demo/camera/c1", "severity": "major"
    }  # fmt: skip
    ours = json.loads(json.dumps(write_webhook(letter.key, letter.body, "ioc")))
    assert set(theirs) <= set(ours)
    assert set(theirs["alerts"][0]) == set(ours["alerts"][0])
    assert {name: type(value) for name, value in theirs.items()} == {name: type(ours[name]) for name in theirs}

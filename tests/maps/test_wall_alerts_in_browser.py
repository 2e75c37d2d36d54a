"""Alerts on the wall in a real browser: what is seen and heard of them, and what an operator does about them."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from alerts.model import Condition, Severity
from tests.maps.pages import shown

pytestmark = pytest.mark.real


def test_a_new_alert_comes_first_is_said_and_rings_its_device(look, stage):
    page = shown(look())
    stage.alert(3, Severity.MINOR)
    expect(page.locator("#alerts li")).to_have_count(1)
    stage.alert(
        8, Severity.CRITICAL, metric="amp_temperature_c", value=86.4, title={"vi": "Tăng âm quá nóng", "en": "Too hot"}
    )
    expect(page.locator("#alerts li").first).to_contain_text("Camera cổng chợ Phước Ninh 8")
    expect(page.locator("#first")).to_contain_text("Khẩn cấp")
    expect(page.locator("#first")).to_contain_text("Tăng âm quá nóng · 86,4\u00a0°C")
    expect(page.locator("#announce")).to_contain_text("Cảnh báo mới")
    assert page.evaluate("[...IOC.devices.alarming]") == [8]


def test_an_operator_acknowledges_and_the_alert_leaves_the_list(look, stage):
    page = shown(look())
    first = stage.alert(3)
    stage.alert(9, Severity.WARNING)
    expect(page.locator("#alerts li")).to_have_count(2)
    page.locator("#alerts li .ack").first.click()
    expect(page.locator("#alerts li")).to_have_count(1)
    expect(page.locator("#alerts-acked")).to_have_text("Đã xác nhận, chưa hết: 1")
    assert [(alert, action) for alert, action, _ in stage.asked] == [(first, "ack")]
    expect(page.locator("#alerts .ack")).to_be_focused()  # the keys are not lost with the row


def test_a_viewer_has_no_button_to_acknowledge(look, make_stage):
    stage = make_stage(role="viewer")
    stage.alert(3)
    page = shown(look(on=stage))
    expect(page.locator("#who")).to_have_text("lan")
    expect(page.locator("#alerts li")).to_have_count(1)
    expect(page.locator("#alerts .ack")).to_have_count(0)


def test_an_alert_that_is_over_comes_after_those_still_bad(look, stage):
    page = shown(look())
    over = stage.alerts[stage.alert(3, Severity.CRITICAL)]
    stage.alert(8, Severity.MINOR)
    expect(page.locator("#first")).to_contain_text("Khẩn cấp")
    stage.step(replace(over, condition=Condition.CLEARED), "good")
    expect(page.locator("#alerts li").last).to_contain_text("đã hết")
    expect(page.locator("#first")).not_to_contain_text("Khẩn cấp")


def test_an_alert_that_is_over_stays_until_seen(look, stage):
    page = shown(look())
    raised = stage.alerts[stage.alert(3)]
    stage.step(replace(raised, condition=Condition.CLEARED), "good")
    expect(page.locator("#alerts li")).to_contain_text("đã hết")
    stage.step(replace(raised, condition=Condition.CLOSED), "close")
    expect(page.locator("#alerts li")).to_have_count(0)


def test_grave_alerts_sound_again_until_acknowledged_and_lesser_ones_once(look, stage):
    page = shown(look())
    alert = "{id: 'a', severity: 'critical', rank: 3}", "{id: 'b', severity: 'minor', rank: 1}"
    page.evaluate("async () => { window.due = (await import('/static/ioc/alarm.js')).due; }")

    def due(waiting, heard, since_ms):
        return page.evaluate(f"due([{','.join(waiting)}], new Set({heard}), 0, {since_ms})")

    assert due(alert, "[]", 0) == "critical"
    assert due(alert, "['a', 'b']", 5_000) is None
    assert due(alert, "['a', 'b']", 20_000) == "critical"
    assert due(alert[1:], "['b']", 900_000) is None
    assert due(alert, "['a']", 5_000) == "minor"
    assert due((), "[]", 900_000) is None


def test_a_new_alert_is_heard_where_sound_is_on_and_the_test_plays_every_sound(look, stage):
    page = shown(look("/?sound=on"))
    expect(page.locator("#sound")).to_have_text("Bấm để bật âm báo")  # until somebody touches the page
    page.locator("#sound-test").click()
    expect(page.locator("#sound")).to_have_text("Âm báo: bật")
    expect(page.locator("body")).to_have_attribute("data-sounded", "critical", timeout=10_000)
    stage.alert(3, Severity.MINOR)
    expect(page.locator("body")).to_have_attribute("data-sounded", "minor")
    page.locator("#sound").click()
    expect(page.locator("#sound")).to_contain_text("Im đến")

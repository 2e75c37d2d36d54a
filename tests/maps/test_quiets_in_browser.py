"""The desk of silences and maintenance in a real browser: asked for, planned and ended, by keyboard."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from maps.hub import epoch_ms

pytestmark = pytest.mark.real


def now():
    return datetime.fromtimestamp(epoch_ms() / 1000, UTC)


def kept(ident, *, hours=3, active=True, **facts):
    """A silence as the API tells it, its end some hours from now."""
    begin = now() + (timedelta(hours=-1) if active else timedelta(days=1))
    span = {"starts_at": begin.isoformat(), "ends_at": (begin + timedelta(hours=hours)).isoformat()}
    scope = {"areas": ["que-trung"], "families": ["camera"], "devices": [], "rules": []}
    return {
        "id": ident, "scope": scope, **span, "minutes": None, "days": [], "last_at": None, "author": "hoa",
        "reason": "Thay bộ nguồn", "active": active, "next_from": span["starts_at"], "next_to": span["ends_at"],
        "ended_at": None, "ended_by": None, **facts,
    }  # fmt: skip


@pytest.fixture
def desk(look, stage):
    """Opens the desk and waits until it is shown and knows the devices."""

    def open_desk(path="/quiets", **wishes):
        page = look(path, **wishes)
        expect(page.locator("body[data-shown][data-seq]")).to_be_visible()
        return page

    return open_desk


def test_what_is_silenced_stands_first_in_words_and_one_key_twice_ends_it(desk, stage):
    stage.quiets["silences"] = [kept("later", active=False), kept("now")]
    page = desk()
    rows = page.locator("#rows tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Quế Trung · Camera")
    expect(rows.first).to_contain_text("đang có hiệu lực")
    rows.first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("e")
    expect(page.locator("#end")).to_have_text("Kết thúc thật?")
    assert stage.quiets["silences"][1]["ended_at"] is None
    rows.first.focus()  # thinking better of it
    expect(page.locator("#end")).to_have_text("Kết thúc")
    page.keyboard.press("e")
    page.keyboard.press("e")
    expect(rows).to_have_count(1)
    assert [each["ended_by"] for each in stage.quiets["silences"]] == [None, "lan"]
    expect(rows.first).to_be_focused()  # the keys are not lost with the row


def test_what_was_ended_is_found_among_all_with_who_did_it(desk, stage):
    stage.quiets["silences"] = [
        kept("now"),
        kept("gone", active=False, ended_at=now().isoformat(), ended_by="lan"),
    ]
    page = desk()
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_label("Xem").select_option("tất cả")
    expect(page.locator("#rows tr").last).to_contain_text("lan kết thúc")
    assert "live=false" in page.url
    page.locator("#rows tr").last.click()
    expect(page.locator("#end")).to_have_count(0)


def test_a_silence_is_asked_for_by_keyboard_alone(desk, stage):
    page = desk()
    page.keyboard.press("n")
    expect(page.get_by_role("radio", name="Im tiếng")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Quế Tr")  # the area
    page.locator("#finder-input").focus()
    page.keyboard.type("camera que trung 0")
    page.keyboard.press("Enter")
    expect(page.locator("#picked li")).to_have_count(1)
    page.get_by_label("Lý do").focus()
    page.keyboard.type("Thay camera")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tr")).to_contain_text("Thay camera")
    [silence] = stage.quiets["silences"]
    assert silence["scope"] == {"areas": ["que-trung"], "families": [], "devices": [stage.addresses[0]], "rules": []}
    assert datetime.fromisoformat(silence["ends_at"]) - datetime.fromisoformat(silence["starts_at"]) == timedelta(
        hours=4
    )
    expect(page.locator("#rows tr")).to_be_focused()


def test_a_window_that_comes_every_week_is_planned_in_viet_nams_time(desk, stage):
    page = desk()
    page.get_by_role("radio", name="Bảo trì").check()
    page.get_by_label("Loại thiết bị").select_option("camera")
    page.get_by_label("Từ").fill("2027-01-04T22:00")
    page.get_by_label("Đến", exact=True).fill("2027-01-05T00:30")
    page.get_by_label("T2").check()
    page.get_by_label("T5").check()
    page.get_by_label("đến hết ngày").fill("2027-03-31")
    page.get_by_label("Lý do").fill("Cắt điện theo lịch")
    page.get_by_role("button", name="Lên lịch bảo trì").click()
    expect(page.locator("#rows tr")).to_contain_text("T2, T5 22:00–00:30, đến hết 31/03/2027")
    [window] = stage.quiets["maintenance"]
    assert (window["starts_at"], window["minutes"], window["days"], window["last_at"]) == (
        "2027-01-04T15:00:00.000Z", 150, [0, 3], "2027-03-31T16:59:00.000Z",
    )  # fmt: skip


def test_a_form_that_says_nothing_of_what_is_not_sent_and_says_why(desk, stage):
    page = desk("/quiets?lang=en")
    page.get_by_label("Reason").fill("power cut")
    page.get_by_role("button", name="Silence").click()
    expect(page.locator("#said")).to_have_text("Choose an area, a family, a rule or at least one device.")
    page.get_by_label("Alert rule").select_option("amp-hot")
    page.get_by_label("To", exact=True).fill("2020-01-01T00:00")
    page.get_by_role("button", name="Silence").click()
    expect(page.locator("#said")).to_have_text("The end must come after the start.")
    assert stage.quiets["silences"] == []


def test_an_alert_leads_to_a_silence_about_itself(desk, look, stage):
    raised = stage.alert(3)
    page = look(f"/alerts?alert={raised}")
    page.locator("#detail").get_by_role("link", name="Im tiếng…").click()
    expect(page.locator("body[data-shown][data-seq]")).to_be_visible()
    expect(page.get_by_label("Luật cảnh báo")).to_have_value("amp-hot")
    expect(page.locator("#picked li")).to_contain_text(stage.views[stage.addresses[3]].device.name)
    expect(page.get_by_label("Lý do")).to_be_focused()


def test_a_device_leads_to_its_maintenance(desk, look, stage):
    page = look("/devices")
    page.locator("#rows tr").first.click()
    page.locator("#detail").get_by_role("link", name="Bảo trì…").click()
    expect(page.get_by_role("radio", name="Bảo trì")).to_be_checked()
    expect(page.locator("#picked li")).to_have_count(1)


def test_a_viewer_sees_what_is_silenced_and_cannot_change_it(look, make_stage):
    stage = make_stage(role="viewer")
    stage.quiets["silences"] = [kept("now")]
    page = look("/quiets", on=stage)
    page.locator("#rows tr").first.click()
    expect(page.locator("#detail h2")).to_have_text("Quế Trung · Camera")
    expect(page.locator("#end")).to_have_count(0)
    expect(page.locator("#new")).to_be_hidden()

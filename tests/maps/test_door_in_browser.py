"""The way in, and a device's own page, in a real browser."""

import json

import pytest
from playwright.sync_api import expect

from tests.maps.pages import PHONE

pytestmark = pytest.mark.real


def test_a_devices_page_shows_its_facts_its_course_and_its_alerts(look, stage):
    stage.alert(2, metric="amp_temperature_c", value=86.4)
    page = look(f"/devices/{stage.addresses[2]}")
    expect(page.locator("body[data-shown]")).to_be_visible()
    expect(page.locator("h1")).to_have_text(stage.views[stage.addresses[2]].device.name)
    expect(page.locator("#headline")).to_contain_text("Nghiêm trọng")
    expect(page.locator("#headline")).to_contain_text("Phước Ninh")
    expect(page.locator(".chart canvas")).to_have_count(4)
    expect(page.locator("#past li")).to_have_count(1)
    page.locator("#range").select_option("7d")
    expect(page.locator(".chart canvas")).to_have_count(4)


def test_a_hole_in_the_history_stays_a_hole(look, stage):
    page = look(f"/devices/{stage.addresses[2]}")
    expect(page.locator("body[data-shown]")).to_be_visible()
    columns = page.evaluate("""async () => (await import("/static/ioc/chart.js")).columns(
      [0, 60, 120, 600, 660].map((s) => ({ts: s * 1000, min: 1, avg: 2, max: 3})))""")
    assert columns[1] == [2, 2, 2, None, 2, 2]


def test_a_device_that_does_not_exist_is_said_in_words(look):
    page = look("/devices/nong-son/camera/none", expected=("404",))
    expect(page.locator("#problem")).to_have_text("Không có thiết bị nong-son/camera/none")


def test_signing_in_says_what_is_wrong_and_then_leads_on(look, stage):
    page = look("/sign-in?next=/devices/nong-son/camera/d00000", expected=("401",))
    page.get_by_label("Tên đăng nhập").fill("lan")
    page.get_by_label("Mật khẩu").fill("sai")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong")).to_have_text("Sai tên đăng nhập hoặc mật khẩu.")
    page.get_by_label("Mật khẩu").fill("đúng")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{stage.url}/devices/nong-son/camera/d00000")
    expect(page.locator("body[data-shown]")).to_be_visible()


def test_the_way_in_fits_a_phone(look):
    page = look("/sign-in", size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.get_by_role("button", name="Đăng nhập").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.parametrize(
    "next_", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_way_in_leads_nowhere_else(look, next_):
    page = look("/sign-in")
    onward = page.evaluate(
        f"async () => (await import('/static/ioc/door.js')).onward('?next=' + encodeURIComponent({json.dumps(next_)}))"
    )
    assert onward == "/"

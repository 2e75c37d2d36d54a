"""The wall in a real browser: what an operator sees of the site, its devices and its figures."""

import re

import pytest
from playwright.sync_api import expect

from alerts.model import Severity
from ingest.model import Admission
from maps.hub import epoch_ms
from maps.works import Work
from tests.maps.pages import PHONE, WIDE, shown

pytestmark = pytest.mark.real


def test_the_wall_shows_the_site_its_areas_and_its_figures(look):
    page = shown(look())
    assert page.title() == "Trung tâm điều hành Nông Sơn"
    expect(page.locator("#figure-devices .value")).to_have_text("105")
    expect(page.locator("#figure-devices .note")).to_have_text("100% phục\u00a0vụ")
    expect(page.locator(".area-label b")).to_have_count(6)
    expect(page.locator("#alerts-calm")).to_be_visible()
    expect(page.locator("#notice")).to_be_hidden()


def test_a_device_that_changes_changes_on_the_wall(look, stage):
    page = shown(look())
    at = page.evaluate("() => { const p = IOC.devices.pointOf(7); return [p.x, p.y]; }")
    colour = f"""() => {{
      const high = IOC.devices._high, r = devicePixelRatio, pad = IOC.devices._pad;
      return [...high.getImageData(({at[0]} + pad.x) * r, ({at[1]} + pad.y) * r, 1, 1).data].join(); }}"""
    assert page.evaluate(colour) == "0,0,0,0"
    stage.presence(7, connected=False)
    expect(page.locator("#figure-offline .value")).to_have_text("1")
    page.wait_for_function(f"() => ({colour})() === '242,169,218,255'")  # the palette's offline
    stage.presence(7, connected=True)
    page.wait_for_function(f"() => ({colour})() === '0,0,0,0'")


def test_who_is_worked_on_is_drawn_counted_and_said_so_until_the_work_ends(look, stage):
    stage.presence(0, connected=False)
    stage.going_on[stage.addresses[0]] = [{"until": "2099-11-22T05:00:00Z", "author": "lan", "reason": "cắt điện"}]
    page = shown(look(f"/?device={stage.addresses[0]}"))
    expect(page.locator("#card")).to_contain_text(re.compile(r"Bảo trì đến 22.11 12:00: cắt điện \(lan\)"))
    stage.hub.show_works([Work(epoch_ms(), epoch_ms() + 3_600_000, areas=frozenset({"que-trung"}))])
    expect(page.locator("#legend li", has_text="Đang bảo trì").locator(".count")).to_have_text("18")
    expect(page.locator("#card")).to_contain_text("Đang bảo trì từ")
    expect(page.locator("#figure-offline .value")).to_have_text("0")
    stage.hub.show_works([])
    expect(page.locator("#card")).to_contain_text("Mất kết nối")
    expect(page.locator("#figure-offline .value")).to_have_text("1")


def test_a_card_says_in_words_what_the_device_covers(look, stage):
    page = shown(look(f"/?device={stage.addresses[0]}"))
    expect(page.locator("#card")).to_contain_text("Nhìn về bắc (0°), góc 84°, xa 80 m")
    page = shown(look(f"/?device={stage.addresses[2]}&lang=en"))
    expect(page.locator("#card")).to_contain_text("Reaches 350 m all round")


def test_the_language_switch_is_remembered(look):
    page = shown(look())
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    shown(page)
    expect(page.locator("#figure-offline h2")).to_have_text("Offline")
    page.reload()
    expect(page).to_have_title("Nông Sơn operations centre")


def test_a_click_on_a_device_opens_its_card_and_escape_gives_the_focus_back(look, stage):
    page = shown(look())
    x, y = page.evaluate("() => { const p = IOC.devices.pointOf(2); return [p.x, p.y]; }")
    page.locator(".folium-map").click(position={"x": x, "y": y})
    card = page.locator("#card")
    expect(card.locator("h2")).to_have_text(stage.views[stage.addresses[2]].device.name)
    expect(card.locator("table")).to_contain_text("41,3\u00a0°C")
    expect(card.locator("a")).to_have_attribute("href", f"/devices/{stage.addresses[2]}")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_every_device_can_be_reached_by_keyboard_alone(look, stage):
    page = shown(look())
    stage.presence(50, connected=False)
    expect(page.locator("#figure-offline .value")).to_have_text("1")
    expect(page.locator("#who")).to_have_text("lan")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for name in ("Cảnh báo", "Sự vụ", "Thiết bị", "Im tiếng, bảo trì", "Lịch sử", "Khu vực"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Tài khoản của lan")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Thử âm")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Bản tin mỗi phút")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".folium-map")).to_be_focused()
    page.keyboard.press("n")  # the troubled one first
    expect(page.locator("#announce")).to_contain_text("Mất kết nối")
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("loa que trung 18")  # no tone marks needed
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text("Loa thôn Quế Trung 18")


def test_a_pending_device_is_drawn_as_such(look, stage):
    page = shown(look())
    stage.admission(4, Admission.PENDING)
    expect(page.locator("#legend li").last).to_contain_text("1")
    assert page.evaluate("IOC.devices.picture.state[4]") == 6


@pytest.mark.parametrize("size", [WIDE, PHONE, {"width": 1366, "height": 768}, {"width": 3840, "height": 2160}])
def test_nothing_sticks_out_to_the_side_and_labels_do_not_cover_each_other(look, stage, size):
    for number in range(0, 60, 3):
        stage.presence(number, connected=False)
    page = shown(look(size=size))
    expect(page.locator("#figure-offline .value")).to_have_text("20")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = page.evaluate("""() => [...document.querySelectorAll(".area-label")]
      .filter((label) => getComputedStyle(label).visibility === "visible")
      .map((label) => label.getBoundingClientRect()).map((b) => [b.left, b.top, b.right, b.bottom])""")
    assert len(boxes) >= 5
    for at, a in enumerate(boxes):
        for b in boxes[at + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@pytest.mark.parametrize("size", [WIDE, {"width": 1280, "height": 720}])
def test_every_state_keeps_its_row_also_while_a_password_is_asked_for(look, stage, size):
    stage.must_change = True
    page = shown(look(size=size))
    expect(page.locator("#ask")).to_be_visible()
    assert page.locator(".legend").evaluate("(legend) => legend.scrollHeight <= legend.clientHeight")


def test_text_on_a_phone_is_never_small(look, stage):
    stage.alert(3)
    page = shown(look(size=PHONE))
    expect(page.locator("#alerts li")).to_have_count(1)
    small = page.evaluate("""() => [...document.querySelectorAll("body *")]
      .filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
      .filter((e) => !e.closest(".unseen, script") && parseFloat(getComputedStyle(e).fontSize) < 16)
      .map((e) => e.outerHTML)""")
    assert small == []


def test_a_thousand_devices_in_a_storm_keep_the_wall_smooth(look, make_stage):
    stage = make_stage(count=1500)
    page = shown(look(on=stage))
    page.evaluate("""() => { window.long = 0;
      new PerformanceObserver((l) => { long += l.getEntries().filter((e) => e.duration > 200).length; })
        .observe({entryTypes: ["longtask"]}); }""")
    for number in range(1000):
        stage.presence(number, connected=False)
    expect(page.locator("#figure-offline .value")).to_have_text("1.000")
    assert page.evaluate("long") <= 1


def test_a_link_opens_a_devices_card(look, stage):
    page = look(f"/?device={stage.addresses[4]}")
    expect(page.locator("#card h2")).to_have_text(stage.views[stage.addresses[4]].device.name)


def test_a_family_is_switched_off_and_that_is_remembered_and_said(look, stage):
    page = shown(look())
    page.get_by_text("Khung nhìn").click()
    page.get_by_role("checkbox", name=re.compile("^Camera")).uncheck()
    assert page.evaluate("IOC.devices._placed.length") == 105 - 27
    page.reload()
    shown(page)
    assert page.evaluate("IOC.devices._placed.length") == 105 - 27
    assert "raised" in page.locator("#layers-button").get_attribute("class")


def test_a_tour_goes_from_the_whole_to_where_the_trouble_is_and_back(look, stage):
    page = shown(look("/?rotate=3600"))
    stage.presence(3, connected=False)
    stage.alert(4, Severity.CRITICAL)
    expect(page.locator("#figure-offline .value")).to_have_text("1")
    stops = page.evaluate("""async () => (await import("/static/ioc/tour.js")).stops(
      new Map([["a", [9, 0, 0, 1, 0, 0, 0]], ["b", [9, 0, 0, 0, 0, 0, 0]], ["c", [9, 0, 1, 0, 0, 0, 0]]]),
      IOC.STATES)""")
    assert stops == [None, "c", "a"]
    page.get_by_text("Khung nhìn").click()
    page.locator("#view-area").select_option("que-loc")
    expect(page.locator("#view-name")).to_have_text("Quế Lộc")

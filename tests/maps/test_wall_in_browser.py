"""The pages in a real browser: what an operator sees, hears and can do."""

import json
import re
from dataclasses import replace
from datetime import datetime

import msgspec
import numpy as np
import pyogrio.raw
import pyproj
import pytest
import shapely
from playwright.sync_api import expect

from alerts.model import Condition, Severity
from ingest.model import Admission
from maps.hub import epoch_ms
from maps.past import Stood, replay
from maps.works import Work

pytestmark = pytest.mark.real

WIDE = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}


def shown(page):
    """The wall, once it shows a picture and figures."""
    expect(page.locator("body[data-seq]")).to_be_visible()
    expect(page.locator("#figure-devices .value")).not_to_have_text("–")
    return page


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


SEEN = """([north, east]) => {
  const { devices: layer } = IOC, r = devicePixelRatio, { lat, lon } = layer.picture;
  const at = layer._map.latLngToContainerPoint([lat[0] + north / 111320, lon[0] + east / 107200]).add(layer._pad);
  return layer._ground.getImageData(at.x * r, at.y * r, 1, 1).data[3]; }"""  # how opaque, metres from the first camera


def come_near(page, zoom=17):
    page.evaluate(f"""() => {{ const {{ _map: map, picture }} = IOC.devices;
      map.setView([picture.lat[0], picture.lon[0]], {zoom}, {{ animate: false }}); }}""")


def test_from_near_one_sees_what_a_camera_sees_and_from_far_no_clutter(look, stage):
    page = shown(look("/?hide=loudspeaker-reach"))
    assert page.evaluate(SEEN, [40, 0]) == 0
    come_near(page)
    north, south, beside, beyond = (page.evaluate(SEEN, at) for at in ([40, 0], [-40, 0], [10, 40], [95, 0]))
    assert (north > 0, south, beside, beyond) == (True, 0, 0, 0)
    stage.presence(0, connected=False)
    expect(page.locator("#figure-offline .value")).to_have_text("1")
    page.wait_for_function(f"() => ({SEEN})([40, 0]) === 0")  # it sees nothing now: a broken line around nothing
    stage.presence(0, connected=True)
    page.wait_for_function(f"() => ({SEEN})([40, 0]) > 0")
    page.locator("#layers-button").click()
    expect(page.get_by_label("Vùng phủ: Loa truyền thanh")).not_to_be_checked()
    page.get_by_label("Vùng phủ: Camera").uncheck()
    assert page.evaluate(SEEN, [40, 0]) == 0


def test_a_card_says_in_words_what_the_device_covers(look, stage):
    page = shown(look(f"/?device={stage.addresses[0]}"))
    expect(page.locator("#card")).to_contain_text("Nhìn về bắc (0°), góc 84°, xa 80 m")
    page = shown(look(f"/?device={stage.addresses[2]}&lang=en"))
    expect(page.locator("#card")).to_contain_text("Reaches 350 m all round")


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


def test_the_language_switch_is_remembered(look):
    page = shown(look())
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    shown(page)
    expect(page.locator("#figure-offline h2")).to_have_text("Offline")
    page.reload()
    expect(page).to_have_title("Nông Sơn operations centre")


def test_a_lost_connection_is_said_in_large_letters_and_mends_itself(look, stage):
    page = shown(look(expected=("WebSocket",)))
    page.evaluate("""() => {
      window.said = [];
      new MutationObserver(() => said.push(document.body.dataset.link))
        .observe(document.body, {attributeFilter: ["data-link"]}); }""")
    stage.drop_sockets()
    expect(page.locator("#notice")).to_contain_text("MẤT KẾT NỐI")
    stage.presence(5, connected=False)
    expect(page.locator("#notice")).to_be_hidden(timeout=15_000)
    expect(page.locator("#figure-offline .value")).to_have_text("1")
    assert page.evaluate("said") == ["lost", "live"]


def test_a_centre_that_lets_nobody_in_is_said_too(look, stage):
    stage.hub._max_clients = 0
    page = look()
    expect(page.locator("#notice")).to_contain_text("MẤT KẾT NỐI")


def test_a_session_that_ended_leads_to_the_way_in_and_back(look, stage):
    page = shown(look("/?view=1", expected=("401",)))
    stage.role = None
    stage.drop_sockets()
    expect(page).to_have_url(f"{stage.url}/sign-in?next=%2F%3Fview%3D1")


def test_a_silent_centre_makes_the_picture_old(look, stage):
    page = look()
    page.clock.install()
    page.reload()
    shown(page)
    stage.hub._prepare_beat = lambda now: None
    stage.hub.beat_frames = []
    page.clock.run_for(8000)
    expect(page.locator("#notice")).to_contain_text("DỮ LIỆU CŨ")
    expect(page.locator("#scene")).to_have_class(re.compile("stale"))


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


def test_it_always_says_how_live_it_is(look, stage):
    page = shown(look())
    expect(page.locator("#live")).to_contain_text("Trực tiếp")
    page.evaluate("""async () => {
      const { judge } = await import("/static/ioc/liveness.js");
      const seen = [["live", 5000], ["live", 45000], ["live", 200000], ["lost", 1000]];
      window.said = seen.map(([link, age]) => judge(link, age).kind); }""")
    assert page.evaluate("said") == ["live", "delayed", "delayed", "blind"]


def test_a_link_opens_a_devices_card(look, stage):
    page = look(f"/?device={stage.addresses[4]}")
    expect(page.locator("#card h2")).to_have_text(stage.views[stage.addresses[4]].device.name)


def test_a_wall_takes_up_a_new_version_by_itself_once(look, stage):
    page = shown(look())
    page.evaluate("window.old = true")
    with page.expect_event("load"):
        stage.hub.build = "another"
    expect(page.locator("body[data-seq]")).to_be_attached()  # and does not do so for ever
    assert page.evaluate("window.old === undefined && Number(sessionStorage.getItem('reloaded')) > 0")


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


def test_a_crowd_of_devices_shows_the_worst_of_them_and_opens_with_a_click(look, make_stage):
    stage = make_stage(count=6000)
    page = look(on=stage)
    expect(page.locator("body[data-seq]")).to_be_attached(timeout=20_000)
    crowds = page.evaluate("IOC.devices._discs.map(({x, y, n, worst}) => ({x, y, n, worst}))")
    assert sum(crowd["n"] for crowd in crowds) > 5000
    assert {crowd["worst"] for crowd in crowds} == {0}
    stage.alert(17, Severity.CRITICAL)
    stage.presence(18, connected=False)
    expect(page.locator("#figure-offline .value")).to_have_text("1")
    page.evaluate("new Promise((done) => setTimeout(done, 600))")
    worst = sorted(page.evaluate("IOC.devices._discs.map(({worst}) => worst)"))
    assert worst[-2:] == [2, 3]
    zoom = page.evaluate("IOC.devices._map.getZoom()")
    at = page.evaluate("""() => { const [disc] = IOC.devices._discs;
      const box = document.querySelector(".folium-map").getBoundingClientRect();
      return [disc.x - IOC.devices._pad.x + box.left, disc.y - IOC.devices._pad.y + box.top]; }""")
    page.mouse.click(*at)
    assert page.evaluate("IOC.devices._map.getZoom()") > zoom


def test_crowds_stay_what_they_are_while_the_map_is_moved(look, make_stage):
    page = look(on=make_stage(count=6000))
    expect(page.locator("body[data-seq]")).to_be_attached(timeout=20_000)
    crowds = "IOC.devices._discs.map(({n}) => n).sort((a, b) => a - b)"
    before = page.evaluate(crowds)
    page.evaluate("IOC.devices._map.panBy([333, 222], { animate: false })")
    assert page.evaluate(crowds) == before


# How far a device's sign is from where the map says its place is, and how opaque it is there.
OFF = """() => {
  const { devices: layer } = IOC, { lat, lon } = layer.picture, at = layer.pointOf(7), r = devicePixelRatio;
  const drawn = at.add(layer._pad).multiplyBy(r);
  const off = at.distanceTo(layer._map.latLngToContainerPoint([lat[7], lon[7]]));
  return [off, layer._low.getImageData(drawn.x, drawn.y, 1, 1).data[3]]; }"""


def test_a_dragged_map_shows_its_devices_where_they_are_and_is_drawn_again_only_at_its_edge(look, stage):
    page = shown(look())
    page.evaluate("() => { window.redrawn = 0; const draw = IOC.devices.redraw; "
                  "IOC.devices.redraw = function () { redrawn += 1; draw.call(this); }; }")  # fmt: skip
    page.mouse.move(900, 500)
    page.mouse.down()
    for x, y, redrawn in ((940, 520, 0), (1180, 640, 1), (700, 420, 2)):
        page.mouse.move(x, y, steps=8)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        off, opaque = page.evaluate(OFF)
        assert (off < 1, opaque > 0) == (True, True)
        assert (page.evaluate("redrawn") > 0) == (redrawn > 0)
    page.mouse.up()


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


def past_frames(stage, changes, begin):
    """What `/api/v1/past` answers: a picture, then devices going out of service at some seconds from its beginning."""
    stood = [Stood(address, begin - 1000, "in") for address in stage.addresses]
    stood += [Stood(stage.addresses[number], begin + second * 1000, "out") for number, second in changes]
    devices = [view.device for view in stage.views.values()]
    frames = replay("Nông Sơn", devices, stood, (), begin=begin, end=begin + 3_600_000, step_ms=1000)
    return {"frames": json.loads(msgspec.json.encode(list(frames)))}


def test_the_past_is_drawn_as_it_was_and_played_on(look, stage):
    asked = []

    def answer(query):
        asked.append(query["from"])
        begin = round(datetime.fromisoformat(query["from"]).timestamp() * 1000)
        return past_frames(stage, [(5, 20), (9, 50)], begin)

    stage.answers["past"] = answer
    page = look("/?at=2026-11-18T11:06:40Z&speed=10")
    expect(page.locator("#past-time")).to_contain_text("18:06:40")
    expect(page.locator("#live")).to_have_text("Đang xem lại")
    expect(page.locator("#legend li").first.locator(".count")).to_have_text("105")
    page.locator("#past-play").click()
    expect(page.locator("#figure-offline .value")).to_have_text("1", timeout=10_000)
    expect(page.locator("#figure-offline .value")).to_have_text("2", timeout=10_000)
    page.locator("#past-on").click()
    expect(page.locator("#figure-offline .value")).to_have_text("0")  # a new picture, not the old one moved on
    assert asked[0] == "2026-11-18T11:06:40.000Z"
    assert "at=2026-11-18T11" in page.url  # to be sent to a colleague
    page.get_by_role("link", name="Về hiện tại").click()
    shown(page)


def test_roads_come_from_the_sites_own_tile_file(look, stage, tmp_path):
    stage.tiles = tmp_path / "base.pmtiles"
    road = shapely.LineString([(107.9, 15.6), (108.1, 15.75)])
    to_web = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform
    line = shapely.transform(road, lambda xy: np.column_stack(to_web(xy[:, 0], xy[:, 1])))
    pyogrio.raw.write(
        stage.tiles, np.array([shapely.to_wkb(line)], dtype=object), [np.array(["highway"], dtype=object)], ["kind"],
        layer="roads", geometry_type="LineString", crs="EPSG:3857", driver="PMTiles",
        dataset_options={"MINZOOM": "8", "MAXZOOM": "12"},
    )  # fmt: skip
    page = shown(look())
    page.evaluate("IOC.base.ready")
    drawn = """() => [...document.querySelectorAll(".leaflet-base-pane canvas")].some((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, at) => at % 4 === 3 && value); })"""
    expect(page.locator(".leaflet-control-attribution")).to_have_text("© Sở")
    expect(page.locator(".leaflet-base-pane canvas").first).to_be_attached()
    for _ in range(40):
        if page.evaluate(drawn):
            break
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
    assert page.evaluate(drawn)

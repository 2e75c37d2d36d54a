"""The map in a real browser: what is drawn from far and near, while it is moved, and of another time."""

import json
from datetime import datetime

import msgspec
import numpy as np
import pyogrio.raw
import pyproj
import pytest
import shapely
from playwright.sync_api import expect

from alerts.model import Severity
from maps.past import Stood, replay
from tests.maps.pages import shown

pytestmark = pytest.mark.real


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

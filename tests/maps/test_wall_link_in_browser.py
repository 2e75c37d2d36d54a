"""The wall when it is cut off, put out or outdated: it says so, and comes back by itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.maps.pages import shown

pytestmark = pytest.mark.real


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


def test_it_always_says_how_live_it_is(look, stage):
    page = shown(look())
    expect(page.locator("#live")).to_contain_text("Trực tiếp")
    page.evaluate("""async () => {
      const { judge } = await import("/static/ioc/liveness.js");
      const seen = [["live", 5000], ["live", 45000], ["live", 200000], ["lost", 1000]];
      window.said = seen.map(([link, age]) => judge(link, age).kind); }""")
    assert page.evaluate("said") == ["live", "delayed", "delayed", "blind"]


def test_a_wall_takes_up_a_new_version_by_itself_once(look, stage):
    page = shown(look())
    page.evaluate("window.old = true")
    with page.expect_event("load"):
        stage.hub.build = "another"
    expect(page.locator("body[data-seq]")).to_be_attached()  # and does not do so for ever
    assert page.evaluate("window.old === undefined && Number(sessionStorage.getItem('reloaded')) > 0")

"""`ioc up --demo` on a machine with nothing: the district runs, ends cleanly, and is found again."""

import json
import re
import signal
import socket
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect
from realparts.centre import Centre, ask, wait_for
from realparts.processes import free_port

from ioc.embedded.broker import MEMORY

pytestmark = pytest.mark.timeout(240)


def up(folder, log, **more):
    """A district in this folder; its broker has a port that no other test's takes while it is down."""
    remembered = folder / MEMORY
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        remembered.write_text(json.dumps({"port": free_port()}))
    settings = {"IOC_DATA_DIR": str(folder), "IOC_WEB__PORT": "0", **more}
    return Centre(["up", "--demo"], settings, log)


def wall_of(centre):
    found = wait_for(lambda: re.search(r"http://\S+/", centre.said) or not centre.running, 60)
    assert centre.running, centre.said
    return found[0]


def password_of(centre):
    return re.search(r"password\): (\S+)", centre.said)[1]


def signed_in(url, password):
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    body = json.dumps({"name": "admin", "password": password}).encode()
    asked = urllib.request.Request(url + "api/v1/session", body, {"Content-Type": "application/json"})
    opener.open(asked, timeout=10).close()

    def get(path):
        with opener.open(url + path, timeout=10) as answer:
            return json.load(answer)

    return get


def opened(browser, url, password):
    """The wall, signed in by hand."""
    page = browser.new_page()
    page.goto(url)
    page.locator("input[type=password]").fill(password)
    page.locator("input[name=name]").fill("admin")
    page.keyboard.press("Enter")
    expect(page.locator("#figure-devices .value")).not_to_have_text("–", timeout=20_000)
    return page


def planned_work_shows_until_called_off(page, url):
    """A window over one commune, planned through the API, is on the wall within five seconds, and gone as soon."""
    asked = {"scope": {"areas": ["que-trung"]}, "minutes": 60, "reason": "cắt điện theo lịch"}
    asked["starts_at"] = datetime.now(UTC).isoformat()  # noqa: TID251 - the centre's clock is the machine's
    way, ours = url + "api/v1/maintenance", {"X-Requested-With": "ioc"}
    drawn = page.locator("#legend li", has_text="Đang bảo trì").locator(".count")
    planned = page.request.post(way, data=asked, headers=ours)
    assert planned.status == 201
    expect(drawn).to_have_text("20", timeout=5_000)
    assert page.request.delete(f"{way}/{planned.json()['id']}", headers=ours).status == 204
    expect(drawn).to_have_text("0", timeout=5_000)


def descendants(pid):
    """Processes whose folder or parent is ours: all that must be gone afterwards."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = place.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        found.add((int(place.parent.name), int(words[1])))
    ours = {pid}
    while more := {child for child, parent in found if parent in ours} - ours:
        ours |= more
    return ours


def alive(pids):
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def test_the_demo_runs_ends_cleanly_with_nothing_left_and_finds_yesterdays_data(tmp_path):
    folder = tmp_path / "data"
    with up(folder, tmp_path / "first.log") as centre:
        get = signed_in(wall_of(centre), password_of(centre))
        devices = wait_for(lambda: (found := get("api/v1/devices?limit=200")["items"]) and len(found) >= 112 and found)
        assert {device["family"] for device in devices} == {
            "camera", "wifi", "loudspeaker", "videoconference", "gateway",
        }  # fmt: skip
        wait_for(lambda: get("api/v1/ledger")["since_start"]["stored"] > 300)
        assert get("api/v1/people/duty")["items"][0]["who"], "somebody is on duty in the demo"
        everything = descendants(centre.pid)
        assert len(everything) > 5, "the parts are processes of their own"
        assert centre.end(by=signal.SIGINT) == 0
        assert alive(everything) == set()
        assert "Traceback" not in centre.said
    with up(folder, tmp_path / "second.log") as centre:
        began = time.monotonic()
        url = wall_of(centre)
        assert time.monotonic() - began < 15, "a second start takes seconds"
        get = signed_in(url, password_of(centre))
        assert get("api/v1/ledger")["all_time"]["stored"] > 300
        assert centre.end(by=signal.SIGINT) == 0


def test_planned_work_shows_on_the_wall_beside_its_ingest(tmp_path, browser):
    password = "mật-khẩu-thử-nghiệm"
    with up(tmp_path / "data", tmp_path / "up.log", IOC_WEB__ADMIN_PASSWORD=password) as centre:
        url = wall_of(centre)
        page = opened(browser, url, password)
        expect(page.locator("#figure-devices .value")).to_have_text(re.compile("11[2-9]"), timeout=30_000)
        planned_work_shows_until_called_off(page, url)
        assert centre.end() == 0
    assert "Traceback" not in centre.said


def test_whoever_forgot_the_password_gets_a_new_one_at_the_keyboard(tmp_path):
    folder = tmp_path / "data"
    with up(folder, tmp_path / "up.log", IOC_WEB__ADMIN_PASSWORD="mật-khẩu-đã-quên") as centre:
        wall_of(centre)
        assert centre.end() == 0
    settings = {"IOC_DATA_DIR": str(folder)}
    with Centre(["account", "nobody"], settings, tmp_path / "nobody.log") as reset:
        assert reset.wait() == 1
    with Centre(["account", "admin"], settings, tmp_path / "admin.log") as reset:
        assert reset.wait() == 0, reset.said
    password = password_of(reset)
    with up(folder, tmp_path / "again.log") as centre:
        assert signed_in(wall_of(centre), password)("api/v1/session")["must_change"]
        assert centre.end() == 0


def test_killing_the_centre_leaves_nothing_running(tmp_path):
    with up(tmp_path / "data", tmp_path / "up.log") as centre:
        wall_of(centre)
        everything = descendants(centre.pid)
        centre.kill()
        wait_for(lambda: alive(everything) == set(), 60)


def test_a_taken_port_is_a_sentence_that_says_what_to_do(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with up(tmp_path, tmp_path / "up.log", IOC_WEB__PORT=str(port)) as centre:
            assert centre.wait() == 1
    assert f"IOC_WEB__PORT={port + 1}" in centre.said
    assert "Traceback" not in centre.said


def test_a_data_folder_that_is_a_file_is_a_sentence_that_says_what_to_do(tmp_path):
    (tmp_path / "data").write_text("not a folder")
    with up(tmp_path / "data", tmp_path / "up.log") as centre:
        assert centre.wait() == 1
    assert "IOC_DATA_DIR" in centre.said
    assert "Traceback" not in centre.said


def test_the_wall_alone_follows_an_ingest_in_another_process_and_shows_planned_work(
    tmp_path, dsn, make_mosquitto, browser
):
    broker = make_mosquitto()
    settings = {"IOC_DATABASE__DSN": dsn, "IOC_MQTT__URL": broker.url, "IOC_SITE__ADMIT": "all",
                "IOC_WEB__PORT": "0", "IOC_WEB__ADMIN_PASSWORD": "mật-khẩu-thử-nghiệm"}  # fmt: skip
    with Centre(["migrate"], settings, tmp_path / "migrate.log") as migration:
        assert migration.wait() == 0, migration.said
    with (
        Centre(["ingest"], settings, tmp_path / "ingest.log") as ingest,
        Centre(["web"], settings, tmp_path / "web.log") as web,
    ):
        url = wall_of(web)
        wait_for(lambda: ask(dsn, "SELECT count(*) FROM ingest_run WHERE hearing") == [(1,)])
        words = ["simulate", "--site", "nong-son", "--broker", broker.url, "--duration", "4", "--scenario", "calm"]
        with Centre(words, {}, tmp_path / "simulate.log") as devices:
            assert devices.wait() == 0, devices.said
        get = signed_in(url, "mật-khẩu-thử-nghiệm")
        wait_for(lambda: len(get("api/v1/devices?limit=200")["items"]) == 112)
        page = opened(browser, url, "mật-khẩu-thử-nghiệm")
        expect(page.locator("#figure-devices .value")).to_have_text("112", timeout=20_000)
        planned_work_shows_until_called_off(page, url)
        assert ingest.end() == 0
        assert web.end() == 0
    assert "Traceback" not in ingest.said + web.said

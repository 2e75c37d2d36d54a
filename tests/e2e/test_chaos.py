"""Ten browsers watch while everything under them breaks: each says so, comes back by itself, and shows what is so."""

import json
import urllib.request

import pytest
from paho.mqtt import publish
from playwright.sync_api import expect
from realparts.centre import Centre, wait_for
from realparts.proxy import Proxy
from websockets.sync.client import connect

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

PASSWORD = "mật-khẩu-của-bài-thử"
BROWSERS, DEVICES = 10, 12
SHOWN = """() => { const p = IOC.devices.picture; return p && Object.fromEntries(
  [...p.index].map(([address, index]) => [address, p.state[index]])); }"""


class District:
    """The parts under the wall, each of which may be broken; `proxy` is the line between browsers and centre."""

    def __init__(self, broker, database, folder, port, proxy):
        self.broker, self.database, self.port, self.proxy = broker, database, port, proxy
        settings = {
            "IOC_DATA_DIR": str(folder), "IOC_DATABASE__DSN": database.dsn, "IOC_MQTT__URL": broker.url,
            "IOC_WEB__PORT": str(port), "IOC_WEB__ADMIN_PASSWORD": PASSWORD, "IOC_SITE__ADMIT": "all",
        }  # fmt: skip
        self.centre = Centre(["up"], settings, folder / "centre.log")

    def say(self, number, state):
        """A device tells its state, and who it is."""
        topic = f"ioc/v1/demo/camera/c{number:02}"
        where = {"name": f"Camera {number}", "lat": 15.6 + number / 100, "lon": 108.0}
        told = [
            {
                "topic": f"{topic}/birth",
                "payload": json.dumps({"v": 1, "session": "s", "device": where, "interval_s": 600}),
            },
            {"topic": f"{topic}/status", "payload": json.dumps({"v": 1, "session": "s", "state": state})},
        ]
        publish.multiple([{**each, "qos": 1, "retain": True} for each in told], "127.0.0.1", self.broker.port)

    def signed_in(self):
        """The cookie of a session."""
        body = json.dumps({"name": "admin", "password": PASSWORD}).encode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/session", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.headers["Set-Cookie"].split(";")[0]

    def ready(self):
        try:
            return bool(self.signed_in())
        except OSError:
            return False

    def truth(self):
        """The states as a client that has just come sees them."""
        headers = {"Cookie": self.signed_in()}
        with connect(f"ws://127.0.0.1:{self.port}/ws/live", additional_headers=headers) as stream:
            stream.send(json.dumps({"type": "hello", "layers": ["devices"]}))
            while (frame := json.loads(stream.recv(timeout=10)))["type"] != "snapshot":
                pass
        part = frame["layers"]["devices"]
        names = dict(zip(part["about"]["i"], part["about"]["address"], strict=True))
        return {names[i]: state for i, state in zip(part["i"], part["state"], strict=True)}


@pytest.fixture
def district(make_mosquitto, make_timescale, tmp_path, free_port):
    port = free_port()
    with Proxy(port) as proxy:
        district = District(make_mosquitto(), make_timescale(), tmp_path, port, proxy)
        with district.centre:
            wait_for(district.ready)
            for number in range(DEVICES):
                district.say(number, "online")
            yield district


@pytest.fixture
def walls(district, browser):
    """Ten browsers before the wall, all showing it."""
    pages = []
    for _ in range(BROWSERS):
        context = browser.new_context(viewport={"width": 900, "height": 600})
        url = f"http://127.0.0.1:{district.proxy.port}"
        context.request.post(f"{url}/api/v1/session", data={"name": "admin", "password": PASSWORD})
        page = context.new_page()
        page.goto(f"{url}/")
        pages.append(page)
    for page in pages:
        expect(page.locator("#figure-devices .value")).to_have_text(str(DEVICES), timeout=20_000)
    yield pages
    for page in pages:
        page.context.close()


def blind(page):
    expect(page.locator("#live")).to_contain_text("MÙ", timeout=7_000)  # five seconds, and what ten pages cost here
    expect(page.locator("#notice")).to_be_visible()


def agree(district, walls, offline):
    """Every wall ends with exactly the centre's picture, in which this device is offline."""
    wait_for(lambda: district.truth().get(f"demo/camera/c{offline:02}") == 3, 90)
    for page in walls:
        expect(page.locator("#live")).to_contain_text("Trực tiếp", timeout=90_000)
        wait_for(lambda page=page: page.evaluate(SHOWN) == district.truth(), 60)


def test_walls_outlive_everything_under_them_and_end_with_the_centres_picture(district, walls):
    district.centre.kill()
    for page in walls:
        blind(page)
    district.centre.start()
    wait_for(district.ready)
    district.say(1, "offline")
    agree(district, walls, 1)

    district.proxy.hang()  # the cable is out: nothing comes, nothing is said
    for page in walls:
        blind(page)
    district.say(2, "offline")
    district.proxy.cut()
    district.proxy.flow()
    agree(district, walls, 2)

    district.broker.kill()
    district.broker.start()
    district.say(3, "offline")
    agree(district, walls, 3)

    district.database.kill()
    district.say(4, "offline")
    district.database.start()
    wait_for(district.ready)
    agree(district, walls, 4)

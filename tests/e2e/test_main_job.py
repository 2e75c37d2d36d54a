"""The main job on real input: from real clients through a real broker and database to the wall in a browser.

`docs/main-job.md` walks a reader through the same steps.
"""

import json
import re
import subprocess
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect
from realparts import places
from realparts.centre import Centre, ask, wait_for
from realparts.processes import dies_with_us

PASSWORD = "một-mật-khẩu-để-thử"
SITE = """
slug = "demo"
name = "Thử Nghiệm"
admit = "all"
[[areas]]
slug = "cho-moi"
name = "Chợ Mới"
lat = 15.70
lon = 108.00
"""
# Quicker than the shipped rules, so that nobody waits a minute here.
RULES = """
[[rule]]
name = "camera-absent"
kind = "absence"
family = "camera"
severity = "major"
for = "1s"
keep = "0s"
title.vi = "Camera mất kết nối"
title.en = "Camera is not reachable"
"""
COLLECTD = """
Hostname "ap-cho-moi"
Interval 1
TypesDB "/usr/share/collectd/types.db" "{types}"
LoadPlugin unixsock
<Plugin unixsock>
  SocketFile "{{socket}}"
</Plugin>
LoadPlugin load
LoadPlugin mqtt
<Plugin mqtt>
  <Publish "centre">
    Host "{host}"
    Port "{port}"
    ClientId "ap-cho-moi"
    QoS 1
    Prefix "collectd"
  </Publish>
</Plugin>
"""
CAMERA = "demo/camera/cong-cho"
BIRTH = {
    "v": 1, "session": "01JD9Z6R0Q", "interval_s": 600,
    "device": {"name": "Camera cổng chợ", "lat": 15.702, "lon": 108.003, "area": "cho-moi"},
    "metrics": {"fps": {"type": "number"}}, "commands": ["rebirth"],
}  # fmt: skip
STATS = {
    "cameras": {"nga_ba": {"camera_fps": 5.1, "expected_fps": 5}},
    "service": {"uptime": 60, "storage": {"/media/frigate/recordings": {"total": 1000.0, "used": 400.0}}},
}


@pytest.fixture
def webhook():
    """A receiver of announcements; the list it gives grows as they come."""
    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def centre(make_mosquitto, dsn, tmp_path, webhook):
    """`ioc up` on a real broker and a real TimescaleDB."""
    broker = make_mosquitto()
    (tmp_path / "site.toml").write_text(SITE)
    (tmp_path / "rules.toml").write_text(RULES)
    settings = {
        "IOC_DATABASE__DSN": dsn, "IOC_MQTT__URL": broker.url, "IOC_DATA_DIR": str(tmp_path),
        "IOC_WEB__PORT": "0", "IOC_WEB__ADMIN_PASSWORD": PASSWORD, "IOC_ALERTS__WEBHOOKS": webhook[0],
        "IOC_ALERTS__RULES": str(tmp_path / "rules.toml"),
        "IOC_PROBE__EVERY_S": "0",  # messages are counted here
    }  # fmt: skip
    with Centre(["up", "--site", str(tmp_path / "site.toml")], settings, tmp_path / "up.log") as process:
        found = wait_for(lambda: re.search(r"http://\S+/", process.said) or not process.running, 60)
        assert process.running, process.said
        process.url = found[0].rstrip("/")
        process.broker = broker
        yield process
        assert process.end() == 0
        assert "Traceback" not in process.said


def publish(broker, topic, body, *, retain=False):
    words = [str(places.mosquitto_client("mosquitto_pub")), "-h", broker.host, "-p", str(broker.port), "-q", "1"]
    text = body if isinstance(body, str) else json.dumps(body)
    subprocess.run([*words, "-t", topic, "-m", text, *(["-r"] if retain else [])], check=True, timeout=20)


class Publisher:
    """A camera made of mosquitto_pub: it holds its connection with a Will, and can be killed."""

    def __init__(self, broker, session):
        will = {"v": 1, "session": session, "state": "offline", "reason": "lwt"}
        status = f"ioc/v1/{CAMERA}/status"
        words = [
            *dies_with_us("KILL"), str(places.mosquitto_client("mosquitto_pub")), "-h", broker.host,
            "-p", str(broker.port), "-q", "1", "-l", "-t", f"ioc/v1/{CAMERA}/telemetry", "-i", f"camera-{session}",
            "--will-topic", status, "--will-payload", json.dumps(will), "--will-qos", "1", "--will-retain",
        ]  # fmt: skip
        self.session, self.seq = session, 0
        publish(broker, f"ioc/v1/{CAMERA}/birth", {**BIRTH, "session": session}, retain=True)
        publish(broker, status, {"v": 1, "session": session, "state": "online"}, retain=True)
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, text=True)

    def say(self, **m):
        self.seq += 1
        line = {"v": 1, "session": self.session, "seq": self.seq, "m": m}
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def sign_in(page, url):
    page.goto(url + "/")
    page.get_by_label(re.compile("tên|tài khoản", re.IGNORECASE)).fill("admin")
    page.get_by_label(re.compile("mật khẩu", re.IGNORECASE)).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("body[data-seq]")).to_be_visible()


@pytest.mark.timeout(180)
def test_real_clients_reach_the_hypertable_and_the_wall_and_a_killed_publisher_raises_an_alert(
    centre, dsn, make_collectd, browser, webhook, tmp_path
):
    broker = centre.broker
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="vi-VN")
    page = context.new_page()
    hosts = set()
    page.on("request", lambda asked: hosts.add(asked.url.split("/")[2] if "//" in asked.url else ""))
    sign_in(page, centre.url)

    with Publisher(broker, "s1") as camera:
        camera.say(fps=24.5)
        publish(broker, "frigate/available", "online", retain=True)
        publish(broker, "frigate/stats", STATS)
        (tmp_path / "types.db").write_text("stations value:GAUGE:0:256\n")  # as OpenWrt's collectd defines it
        types = tmp_path / "types.db"
        daemon = make_collectd(COLLECTD.format(host=broker.host, port=broker.port, types=types))
        assert daemon.put("ap-cho-moi/iwinfo-wlan0/stations", 17).startswith("0 Success")

        # Rows in the hypertable, each as its adapter understood it.
        rows = "SELECT address, m FROM reading JOIN device ON device.id = device_id"

        def heard():
            found = {}
            for address, metrics in ask(dsn, rows):
                found.setdefault(address, {}).update(metrics)
            return found if {CAMERA, "demo/camera/nga-ba", "demo/wifi/ap-cho-moi"} <= found.keys() else None

        found = wait_for(heard)
        assert found[CAMERA] == {"fps": 24.5}
        assert found["demo/camera/nga-ba"] == {"fps": 5.1, "expected_fps": 5}
        assert found["demo/camera/frigate"] == {"uptime_s": 60, "storage_used_pct": 40.0}
        wait_for(lambda: heard()["demo/wifi/ap-cho-moi"].get("clients") == 17)
        wait_for(lambda: "load1" in heard()["demo/wifi/ap-cho-moi"])
        hypertables = "SELECT hypertable_name FROM timescaledb_information.hypertables"
        assert ("reading_camera",) in ask(dsn, hypertables)
        assert ask(dsn, "SELECT count(*) > 0 FROM show_chunks('reading_camera')") == [(True,)]

        # The devices stand on the wall.
        expect(page.locator("#figure-devices .value")).to_have_text("4")
        expect(page.locator("#figure-offline .value")).to_have_text("0")

        # Its publisher is killed: the broker speaks its Will, the wall shows it, people are told.
        camera.kill()
        expect(page.locator("#figure-offline .value")).to_have_text("1")
        expect(page.locator("#alerts li")).to_contain_text("Camera cổng chợ")
        wait_for(lambda: any("open" in json.dumps(told) for told in webhook[1]))

    # It comes back: the alert clears by itself.
    with Publisher(broker, "s2") as camera:
        camera.say(fps=25)
        expect(page.locator("#figure-offline .value")).to_have_text("0")
        expect(page.locator("#alerts li")).to_contain_text("đã hết")
        wait_for(lambda: any("clear" in json.dumps(told) for told in webhook[1]))
    conditions = "SELECT condition FROM alert"
    assert ask(dsn, conditions) == [("cleared",)]
    assert hosts <= {centre.url.split("/")[2], ""}
    context.close()


def test_the_account_balances_over_http_and_a_stranger_is_shown_nothing(centre, dsn):
    broker = centre.broker
    publish(broker, f"ioc/v1/{CAMERA}/telemetry", {"v": 1, "m": {"fps": 1}})
    publish(broker, f"ioc/v1/{CAMERA}/telemetry", "nonsense")
    wait_for(lambda: ask(dsn, "SELECT stored, quarantined FROM ledger_hour") == [(1, 1)])
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(centre.url + "/api/v1/ledger", timeout=10)
    jar = sign_in_over_http(centre.url)
    account = json.load(jar.open(centre.url + "/api/v1/ledger", timeout=10))["since_start"]
    settled = ("stored", "duplicate", "ignored", "quarantined", "shed", "in_flight")
    assert account["received"] == sum(account[name] for name in settled) == 2
    quarantine = json.load(jar.open(centre.url + "/api/v1/quarantine", timeout=10))
    assert [row["reason"] for row in quarantine["items"]] == ["not_json"]


def sign_in_over_http(url):
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    body = json.dumps({"name": "admin", "password": PASSWORD}).encode()
    asked = urllib.request.Request(url + "/api/v1/session", body, {"Content-Type": "application/json"})
    opener.open(asked, timeout=10).close()
    return opener

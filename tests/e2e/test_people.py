"""`ioc up` with people: a device too hot becomes a message to who is on duty; the heartbeat ends with `kill -9`."""

import json
import re
import threading
from contextlib import suppress
from queue import Empty

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from realparts.centre import Centre, wait_for

from tests.alerts.desks import Desk, open_desk

pytestmark = pytest.mark.timeout(240)

SITE = """
slug = "demo"
name = "Quế Trung"
admit = "all"

[[areas]]
slug = "que-trung"
name = "Quế Trung"

[[contacts]]
name = "lan"
ways = ["lan-zalo", "lan-hook"]

[[duties]]
name = "truc"
shifts = [{ from = "00:00", to = "00:00", crews = [["lan"]] }]

[[routes]]
name = "all"
steps = [{ to = ["duty:truc"] }]
wait = "0s"
"""
RULES = """
[[rule]]
name = "camera-hot"
kind = "threshold"
family = "camera"
metric = "temperature_c"
above = 80
severity = "major"
title.vi = "Camera quá nóng"
title.en = "Camera is too hot"
advice.vi = "Kiểm tra quạt."
advice.en = "Check the fan."
"""
BIRTH = {
    "v": 1, "session": "01JD9Z6R0Q", "device": {"name": "Camera cổng chợ", "area": "que-trung"}, "interval_s": 60,
    "metrics": {"temperature_c": {"type": "number"}},
}  # fmt: skip


def publish(broker: str, channel: str, body: dict[str, object]) -> None:
    """One message of camera c1, as a device would send it."""
    host, port = re.fullmatch(r"mqtt://(.+):(\d+)", broker).groups()
    client = paho.Client(CallbackAPIVersion.VERSION2, "c1")
    ready = threading.Event()
    client.on_connect = lambda *_: ready.set()
    client.connect(host, int(port))
    client.loop_start()
    assert ready.wait(10)
    client.publish(f"ioc/v1/demo/camera/c1/{channel}", json.dumps(body), 1, channel == "birth").wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def heard_of(broker: str, desk: Desk) -> dict[str, str]:
    """What the desk is told of a camera that says again and again how hot it is, as a real one does."""
    for seq in range(1, 40):
        hot = {"v": 1, "session": "01JD9Z6R0Q", "seq": seq, "m": {"temperature_c": 91}}
        publish(broker, "telemetry", hot)
        with suppress(AssertionError):
            return wait_for(lambda: next((b for b in desk.got if isinstance(b, dict) and "title" in b), None), 3)
    raise AssertionError("nobody was told")


def test_a_hot_camera_reaches_who_is_on_duty_by_the_way_that_works_and_a_killed_centre_is_silent(tmp_path):
    (tmp_path / "site.toml").write_text(SITE, "utf-8")
    (tmp_path / "rules.toml").write_text(RULES, "utf-8")
    with open_desk() as desk:
        desk.answer = {"error": -213, "message": "User has not followed"}  # Zalo's; nobody else reads it
        (tmp_path / "token").write_text("today")
        zalo = {"kind": "zalo", "user": "1", "token_file": str(tmp_path / "token"), "url": f"{desk.url}/zalo"}
        hook = {"kind": "apprise", "url": desk.url.replace("http://", "json://")}
        channels = [{"name": "lan-zalo", **zalo}, {"name": "lan-hook", **hook}]
        settings = {
            "IOC_DATA_DIR": str(tmp_path / "data"), "IOC_WEB__PORT": "0",
            "IOC_ALERTS__RULES": str(tmp_path / "rules.toml"),
            "IOC_ALERTS__CHANNELS": json.dumps(channels),
            "IOC_ALERTS__LINK": "https://ioc.vn",
            "IOC_ALERTS__HEARTBEAT_URL": f"{desk.url}/beat", "IOC_ALERTS__HEARTBEAT_EVERY_S": "1",
        }  # fmt: skip
        with Centre(["up", "--site", str(tmp_path / "site.toml")], settings, tmp_path / "up.log") as centre:
            said = wait_for(lambda: re.search(r"publish to\): (mqtt://\S+)", centre.said) or not centre.running, 60)
            assert centre.running, centre.said
            publish(said[1], "birth", BIRTH)
            told = heard_of(said[1], desk)
            wait_for(lambda: "POST /beat" in desk.requests, 30)
            centre.kill()
            with suppress(Empty):
                while True:  # what was under way
                    desk.queue.get(timeout=1)
            beats = desk.requests.count("POST /beat")
            with pytest.raises(Empty):
                desk.queue.get(timeout=3)
            assert desk.requests.count("POST /beat") == beats
    assert "POST /zalo" in desk.requests
    assert "Camera quá nóng – Camera cổng chợ, Quế Trung" in told["message"]
    assert "Cần làm: Kiểm tra quạt." in told["message"]
    assert "https://ioc.vn/alerts?alert=" in told["message"]

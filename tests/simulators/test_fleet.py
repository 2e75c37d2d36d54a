"""The simulators against a real broker: what the wire carries, and that nothing said is lost."""

import json
import signal
import subprocess
import sys
import threading
import uuid
from collections import defaultdict

import paho.mqtt.client as mqtt
import pytest


class Spy:
    """Subscribes to one site and keeps everything it hears."""

    def __init__(self, broker, site):
        self.heard, self._news = defaultdict(list), threading.Condition()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda client, *_: client.subscribe(f"ioc/v1/{site}/#", qos=1)
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        assert subscribed.wait(10)

    def _on_message(self, _client, _data, message):
        with self._news:
            self.heard[message.topic.rpartition("/")[2]].append((message.topic, json.loads(message.payload)))
            self._news.notify_all()

    def wait(self, holds, seconds=20):
        with self._news:
            assert self._news.wait_for(lambda: holds(self.heard), seconds), "not heard in time"

    def statuses(self, device):
        return [said for topic, said in self.heard["status"] if f"/{device}/" in topic]


@pytest.fixture
def site(tmp_path):
    """A small site of this test's own, as sessions share a broker."""
    slug = f"s{uuid.uuid4().hex[:12]}"
    file = tmp_path / "site.toml"
    file.write_text(
        f'site="{slug}"\nname="Xã thử"\n[[area]]\nslug="a"\nname="A"\nlat=15.7\nlon=108.0\nvillages=["Một", "Hai"]\n'
        "devices={gateway=1, camera=4, loudspeaker=3, wifi=2, videoconference=1}\n",
        "utf-8",
    )
    return slug, str(file)


@pytest.fixture
def spy_on(site):
    spies = []

    def spy_on(broker):
        spies.append(Spy(broker, site[0]))
        return spies[-1]

    yield spy_on
    for spy in spies:
        spy.client.disconnect()
        spy.client.loop_stop()


@pytest.fixture
def simulate(site, tmp_path):
    """Start the simulators with the small site; gives the process and where its report will be."""
    started = []

    def simulate(broker, *options):
        report = tmp_path / "report.json"
        command = ["-m", "simulators", "--site", site[1], "--broker", broker.url, "--report", str(report), *options]
        started.append(subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True))
        return started[-1], report

    yield simulate
    for process in started:
        process.kill()
        process.communicate()


def test_everything_said_is_acknowledged_heard_and_reported(mosquitto, spy_on, simulate, site):
    spy = spy_on(mosquitto)
    process, file = simulate(mosquitto, "--rate", "500", "--duration", "3", "--seed", "4")
    assert process.wait(30) == 0
    report = json.loads(file.read_text())
    assert report["published"] == report["acknowledged"] > 1000
    assert report["connections"] == 11
    spy.wait(lambda heard: sum(map(len, heard.values())) == report["published"])
    highest = {}
    for topic, said in spy.heard["telemetry"] + spy.heard["event"]:
        address = "/".join(topic.split("/")[2:5])
        assert said["session"] == report["session"][address]
        highest[address] = max(said["seq"], highest.get(address, 0))
    assert highest == report["last_seq"]
    assert {said["state"] for _, said in spy.heard["status"]} == {"online", "offline"}
    assert all(said.get("reason") in {None, "clean"} for _, said in spy.heard["status"])


def test_who_vanishes_is_told_by_the_broker_with_its_session(mosquitto, spy_on, simulate):
    spy = spy_on(mosquitto)
    process, _ = simulate(mosquitto, "--duration", "2", "--vanish", "--scenario", "calm")
    assert process.wait(30) == 0
    spy.wait(lambda heard: len(heard["status"]) == 22)
    for device in ("cam-a-01", "gw-a"):
        online, offline = spy.statuses(device)
        assert offline == {"v": 1, "session": online["session"], "state": "offline", "reason": "lwt"}


def test_without_power_the_broker_tells_the_end_and_the_device_its_new_session(mosquitto, spy_on, simulate, tmp_path):
    scenario = tmp_path / "scenario.toml"
    scenario.write_text('[[fault]]\nkind="power_off"\ndevice="camera/cam-a-01"\nat_s=20\nlasts_s=40\n')
    spy = spy_on(mosquitto)
    simulate(mosquitto, "--scenario", str(scenario), "--speed", "20")
    spy.wait(lambda _: len(spy.statuses("cam-a-01")) == 3)
    before, will, after = spy.statuses("cam-a-01")
    assert [each["state"] for each in (before, will, after)] == ["online", "offline", "online"]
    assert will["session"] == before["session"] != after["session"]


def test_shared_connections_tell_the_end_of_a_device_themselves(mosquitto, spy_on, simulate, tmp_path):
    scenario = tmp_path / "scenario.toml"
    scenario.write_text('[[fault]]\nkind="power_off"\ndevice="camera/cam-a-01"\nat_s=20\nlasts_s=40\n')
    spy = spy_on(mosquitto)
    process, file = simulate(
        mosquitto, "--scenario", str(scenario), "--speed", "20", "--share", "50", "--duration", "5"
    )
    assert process.wait(30) == 0
    assert json.loads(file.read_text())["connections"] == 1
    spy.wait(lambda _: len(spy.statuses("cam-a-01")) == 4)
    assert [each.get("reason") for each in spy.statuses("cam-a-01")] == [None, "lwt", None, "clean"]


def test_an_order_on_the_wire_is_carried_out(mosquitto, spy_on, simulate, site):
    spy = spy_on(mosquitto)
    simulate(mosquitto, "--scenario", "calm", "--speed", "5")
    spy.wait(lambda heard: len(heard["telemetry"]) >= 11)
    order = {"v": 1, "id": "o1", "name": "play", "priority": "emergency", "args": {"duration_s": 1}}
    spy.client.publish(f"ioc/v1/{site[0]}/loudspeaker/loa-a-01/command", json.dumps(order), qos=1)
    spy.wait(lambda heard: [said["state"] for _, said in heard["ack"]] == ["accepted", "started", "done"])


def test_ctrl_c_ends_within_three_seconds_with_a_goodbye(mosquitto, spy_on, simulate):
    spy = spy_on(mosquitto)
    process, file = simulate(mosquitto, "--scenario", "calm")
    spy.wait(lambda heard: len(heard["birth"]) == 11)
    process.send_signal(signal.SIGINT)
    assert process.wait(3) == 0
    spy.wait(lambda heard: len(heard["status"]) == 22)
    assert json.loads(file.read_text())["published"] == json.loads(file.read_text())["acknowledged"]


def test_a_broker_that_is_killed_and_comes_back_gets_what_it_had_not_acknowledged(make_mosquitto, simulate, site):
    broker = make_mosquitto()
    spy = Spy(broker, site[0])
    process, file = simulate(broker, "--rate", "300", "--duration", "8")
    spy.wait(lambda heard: len(heard["telemetry"]) > 300)
    spy.client.disconnect()
    spy.client.loop_stop()
    broker.kill()
    broker.start()
    again = Spy(broker, site[0])
    assert process.wait(60) == 0
    report = json.loads(file.read_text())
    assert report["published"] == report["acknowledged"]
    assert report["connections"] == 22
    again.wait(lambda heard: sum(said.get("reason") == "clean" for _, said in heard["status"]) == 11)
    last = {"/".join(topic.split("/")[2:5]): said["seq"] for topic, said in again.heard["telemetry"]}
    assert last == report["last_seq"]
    again.client.disconnect()
    again.client.loop_stop()
    assert "answers again" in process.stderr.read()


def test_foreign_equipment_speaks_on_its_own_topics_with_its_own_will_and_only_native_numbers_are_reported(
    make_mosquitto, tmp_path
):
    broker = make_mosquitto()
    site = tmp_path / "foreign.toml"
    site.write_text(
        'site="f"\nname="F"\n[[area]]\nslug="a"\nname="A"\nlat=15.7\nlon=108.0\nvillages=2\n'
        'devices={loudspeaker=1, wifi=1, camera=1}\nspeaks={loudspeaker="pub6", wifi="collectd"}\n',
        "utf-8",
    )
    heard, news = [], threading.Condition()

    def on_message(_client, _data, message):
        with news:
            heard.append((message.topic, message.payload))
            news.notify_all()

    ear = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    ear.on_message = on_message
    subscribed = threading.Event()
    ear.on_subscribe = lambda *_: subscribed.set()
    ear.connect(broker.host, broker.port)
    ear.subscribe([("pub6/#", 1), ("collectd/#", 1)])
    ear.loop_start()
    try:
        assert subscribed.wait(10)
        report = tmp_path / "report.json"
        words = ["--site", str(site), "--broker", broker.url, "--duration", "2", "--speed", "60", "--vanish"]
        more = ["--scenario", "calm", "--report", str(report)]
        assert (
            subprocess.run([sys.executable, "-m", "simulators", *words, *more], timeout=60, check=False).returncode == 0
        )
        with news:
            assert news.wait_for(lambda: any(b'"value":0' in payload for _, payload in heard), 20)  # pub6's Will
    finally:
        ear.disconnect()
        ear.loop_stop()
    assert any(topic == "collectd/wifi-a-01/iwinfo-phy0-ap0/stations" for topic, _ in heard)
    assert list(json.loads(report.read_text())["last_seq"]) == ["f/camera/cam-a-01"]

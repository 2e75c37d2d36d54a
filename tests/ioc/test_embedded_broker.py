"""The broker for one machine: what MQTT promises holds, and its ways that a reader must know."""

import json
import socket
from pathlib import Path
from queue import Queue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from realparts.processes import processes_naming

from ioc.embedded import CannotStart, start_broker


@pytest.fixture
def folder(open_folder):
    return open_folder


@pytest.fixture
def broker(folder, free_port):
    part = start_broker(folder, free_port())
    yield part
    part.stop()


def port_of(part):
    return int(part.url.rsplit(":", 1)[1])


class Client:
    """A paho client whose messages come through a queue; acknowledges by hand if told to."""

    def __init__(self, port, name, *, clean=True, manual=False, will=None):
        self.messages = Queue()
        self.events = Queue()
        self.paho = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean, manual_ack=manual
        )
        if will:
            self.paho.will_set(*will, qos=1, retain=True)
        self.paho.on_message = lambda _c, _u, message: self.messages.put(message)
        self.paho.on_connect = lambda *_: self.events.put("connect")
        self.paho.on_subscribe = lambda *_: self.events.put("subscribe")
        self.paho.connect("127.0.0.1", port)
        self.paho.loop_start()
        assert self.events.get(timeout=10) == "connect"

    def subscribe(self, topic):
        self.paho.subscribe(topic, qos=1)
        assert self.events.get(timeout=10) == "subscribe"

    def publish(self, topic, payload, *, retain=False):
        self.paho.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def next(self):
        return self.messages.get(timeout=10)

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()

    def vanish(self):
        """Cut the connection without a word, as a power failure would."""
        self.paho.socket().shutdown(socket.SHUT_RDWR)
        self.paho.loop_stop()


@pytest.fixture
def connect(broker):
    clients = []

    def make(name, **options):
        clients.append(Client(port_of(broker), name, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_a_retained_message_reaches_a_later_subscriber(connect):
    connect("device").publish("a/status", "online", retain=True)
    centre = connect("centre")
    centre.subscribe("a/+")
    message = centre.next()
    assert (message.payload, message.retain) == (b"online", True)


def test_a_cut_connection_publishes_the_will(connect):
    centre = connect("centre")
    centre.subscribe("a/status")
    connect("device", will=("a/status", "offline")).vanish()
    assert centre.next().payload == b"offline"


def test_a_persistent_session_keeps_what_came_while_away(connect):
    centre = connect("centre", clean=False)
    centre.subscribe("a/telemetry")
    centre.close()
    device = connect("device")
    for number in range(500):
        device.publish("a/telemetry", str(number))
    back = connect("centre", clean=False)
    assert [int(back.next().payload) for _ in range(500)] == list(range(500))


def test_what_was_not_acknowledged_comes_again(connect):
    centre = connect("centre", clean=False, manual=True)
    centre.subscribe("a/telemetry")
    device = connect("device")
    for number in range(20):
        device.publish("a/telemetry", str(number))
    for number in range(20):
        message = centre.next()
        if number < 5:
            centre.paho.ack(message.mid, message.qos)
    centre.close()
    back = connect("centre", clean=False)
    assert [int(back.next().payload) for _ in range(15)] == list(range(5, 20))


def test_a_hundred_wait_for_their_acknowledgement_and_the_rest_follow_in_order(connect):
    centre = connect("centre", manual=True)
    centre.subscribe("a/telemetry")
    device = connect("device")
    for number in range(10_000):
        device.paho.publish("a/telemetry", str(number), qos=1)
    for hundred in range(0, 10_000, 100):
        batch = [centre.next() for _ in range(100)]
        assert [int(message.payload) for message in batch] == list(range(hundred, hundred + 100))
        for message in batch:
            centre.paho.ack(message.mid, message.qos)


def test_a_message_of_256_kib_passes(connect):
    centre = connect("centre")
    centre.subscribe("a/batch")
    connect("device").publish("a/batch", b"x" * 262_144)
    assert len(centre.next().payload) == 262_144


def test_mqtt_5_is_spoken_on_the_port_in_broker_json(broker, folder):
    ports = json.loads((folder / "broker.json").read_text())
    assert ports["port"] == port_of(broker)
    connected = Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda _c, _u, _f, reason, _p: connected.put(reason)
    client.connect("127.0.0.1", ports["port_mqtt5"], properties=Properties(PacketTypes.CONNECT))
    client.loop_start()
    assert connected.get(timeout=10).value == 0
    client.disconnect()
    client.loop_stop()


def test_the_broker_listens_on_this_machine_only(broker):
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    where = [words[1] for words in listening if words[3] == "0A" and words[1].endswith(f":{port_of(broker):04X}")]
    assert where == [f"0100007F:{port_of(broker):04X}"]


def test_a_folder_keeps_its_port_and_a_taken_one_is_a_sentence(folder):
    first = start_broker(folder)
    first.stop()
    again = start_broker(folder)
    again.stop()
    assert again.url == first.url
    with socket.create_server(("127.0.0.1", port_of(first))), pytest.raises(CannotStart) as refused:
        start_broker(folder)
    assert f"Port {port_of(first)} is taken" in str(refused.value)
    assert str(folder / "broker.json") in str(refused.value)
    assert str(refused.value).startswith("Cổng")


def test_a_broker_that_has_stopped_leaves_no_process_and_stopping_twice_does_no_harm(folder, free_port):
    part = start_broker(folder, free_port())
    assert processes_naming(folder)
    part.stop()
    part.stop()
    assert processes_naming(folder) == []

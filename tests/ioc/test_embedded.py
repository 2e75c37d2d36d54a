"""Broker and database for one machine: they start, keep, refuse in sentences, and leave nothing running."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from queue import Queue

import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from realparts.processes import scratch_folder

from ioc.embedded import CannotStart, free_space_problem, start_broker, start_database


@pytest.fixture
def folder():
    """Not pytest's own: root's database runs as another user, who must be let through the folders above."""
    made = scratch_folder(Path(tempfile.gettempdir()))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def broker(folder, free_port):
    part = start_broker(folder, free_port())
    yield part
    part.stop()


def port_of(part):
    return int(part.url.rsplit(":", 1)[1])


def processes_naming(folder):
    """Command lines that name the folder: what is still running for it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(folder) in words:
                found.append(words)
    return found


def gone(folder, seconds=20):
    """Wait until nothing runs for the folder; says whether that came true."""
    for _ in range(int(seconds / 0.05)):
        if not processes_naming(folder):
            return True
        threading.Event().wait(0.05)
    return False


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


def test_a_second_start_of_the_database_finds_yesterdays_data(folder):
    first = start_database(folder)
    with psycopg.connect(first.url) as db:
        db.execute("CREATE TABLE kept AS SELECT 'Nông Sơn' AS name")
    first.stop()
    first.stop()
    assert processes_naming(folder) == []
    second = start_database(folder)
    with psycopg.connect(second.url) as db:
        assert db.execute("SELECT name, lower('ĐÀ') FROM kept").fetchone() == ("Nông Sơn", "đà")
        assert db.execute("SELECT current_database()").fetchone() == ("ioc",)
    second.stop()


def test_a_folder_in_use_is_refused_at_once(folder):
    part = start_database(folder)
    with pytest.raises(CannotStart, match="in use by another centre"):
        start_database(folder)
    part.stop()


def test_a_long_path_gets_a_socket_elsewhere(folder):
    deep = folder / ("x" * 100)
    part = start_database(deep)
    with psycopg.connect(part.url) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)
    part.stop()


def test_a_stale_process_number_does_not_stop_the_start(folder):
    part = start_database(folder)
    with psycopg.connect(part.url, autocommit=True) as db:
        db.execute("CREATE TABLE kept ()")
    part.stop()
    # A crash, then a reboot in which some other living process got the number: here, our parent.
    note = (
        f"{os.getppid()}\n{folder}/postgres\n1700000000\n5432\n{folder}/postgres\n\n    5432001         0\nready   \n"
    )
    (folder / "postgres" / "postmaster.pid").write_text(note)
    again = start_database(folder)
    again.stop()


def test_an_interrupted_first_start_is_begun_again(folder):
    remainder = folder / "postgres.making"
    remainder.mkdir()
    (remainder / "PG_VERSION").write_text("18\n")
    (folder / "postgres").mkdir()
    start_database(folder).stop()
    assert not remainder.exists()


def test_a_half_made_folder_is_explained_and_left_alone(folder):
    place = folder / "postgres"
    place.mkdir()
    (place / "PG_VERSION").write_text("18\n")
    with pytest.raises(CannotStart) as refused:
        start_database(folder)
    assert f"The database folder {place} is not whole" in str(refused.value)
    assert "rename it" in str(refused.value)
    assert (place / "PG_VERSION").exists()


def test_a_folder_of_another_postgresql_is_explained(folder):
    place = folder / "postgres"
    (place / "global").mkdir(parents=True)
    (place / "global" / "pg_control").touch()
    (place / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="belongs to PostgreSQL 16"):
        start_database(folder)


def test_a_file_where_the_folder_should_be_is_explained(folder):
    (folder / "data").write_text("not a folder")
    for start in (start_broker, start_database):
        with pytest.raises(CannotStart, match="IOC_DATA_DIR"):
            start(folder / "data")


def test_too_little_space_is_a_sentence_and_enough_is_none(folder):
    assert free_space_problem(folder / "not" / "there" / "yet", 1) is None
    problem = free_space_problem(folder, 10**9)
    assert problem is not None
    assert "delete some files, or set IOC_DATA_DIR" in problem
    assert problem.startswith("Ổ đĩa")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_a_sentence(folder):
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)], check=True)
    try:
        with pytest.raises(CannotStart, match=r"has only \d+ MB free and 400 MB are needed"):
            start_database(small)
    finally:
        subprocess.run(["umount", str(small)], check=True)


OWNER = """
import sys
from pathlib import Path
from ioc.embedded import start_broker, start_database
folder = Path(sys.argv[1])
parts = [start_broker(folder, int(sys.argv[2])), start_database(folder)]
try:
    print(*(part.url for part in parts), flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    for part in reversed(parts):
        part.stop()
"""


@pytest.fixture
def owner(folder, free_port):
    """A centre of its own process that has started both parts."""
    command = [sys.executable, "-c", OWNER, str(folder), str(free_port())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        yield process
        process.kill()


def test_a_killed_owner_leaves_no_orphan_and_its_data_are_found_again(owner, folder):
    _, dsn = owner.stdout.readline().split()
    with psycopg.connect(dsn) as db:
        db.execute("CREATE TABLE kept AS SELECT 1 AS one")
    owner.kill()
    owner.wait()
    part = start_database(folder)  # at once: waits for the old one to end
    with psycopg.connect(part.url) as db:
        assert db.execute("SELECT one FROM kept").fetchone() == (1,)
    part.stop()
    assert gone(folder)


def test_ctrl_c_for_the_whole_group_ends_all_in_order(owner, folder):
    assert owner.stdout.readline()
    os.killpg(owner.pid, signal.SIGINT)
    assert owner.wait(30) == 0
    assert processes_naming(folder) == []
    assert "shut down" in (folder / "postgres.log").read_text()


def test_a_killed_keeper_takes_the_database_with_it(owner, folder):
    assert owner.stdout.readline()
    pids = subprocess.run(["pgrep", "-f", f"watch.py run .*{folder}"], check=True, capture_output=True, text=True)
    for pid in pids.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    owner.kill()
    owner.wait()
    assert gone(folder)

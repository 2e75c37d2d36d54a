"""The reader's contract: the same promises from paho and the bulk reader in MQTT 3.1.1 and 5, on a real Mosquitto."""

import gc
import random
import signal
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from functools import partial
from time import monotonic
from uuid import uuid4

import paho.mqtt.client as paho
import pytest
from realparts import places
from realparts.certificates import lay_certificates
from realparts.processes import free_port

from ingest.bulk import BulkReader
from ingest.mqtt import PahoReader
from ingest.reader import BrokerUrl
from ioc.clock import now_ms

bulk = partial(BulkReader, pauses=(0.1, 0.5))
KINDS = {"paho": PahoReader, "bulk-3.1.1": bulk, "bulk-5": partial(bulk, five=True)}


class Ear:
    """A reader and what it has heard."""

    def __init__(self, reader):
        self.reader = reader
        self.heard = []

    def listen(self, until, seconds=20, most=500):
        """Take until it is so; says whether it came to be so."""
        end = monotonic() + seconds
        while not until():
            if monotonic() > end:
                return False
            self.heard += self.reader.take(most, 0.02, 0.1)
        return True

    def connect(self):
        assert self.listen(lambda: self.reader.hearing.deaf_since is None)
        return self

    def hear(self, count, seconds=20):
        assert self.listen(lambda: len(self.heard) >= count, seconds), f"{len(self.heard)} of {count}"
        return self.heard

    def hear_no_more(self, seconds=0.5):
        count = len(self.heard)
        assert not self.listen(lambda: len(self.heard) > count, seconds), self.heard[count:]

    def ack(self):
        self.reader.ack(self.heard)
        return self


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def name():
    return f"reader-{uuid4().hex[:8]}"


@pytest.fixture
def listen_to(kind, name):
    """Opens readers under one client id, each with topics `<name>/#`; another's can be told."""
    ears = []

    def make(url, **options):
        reader = KINDS[kind](BrokerUrl.parse(url), name, [f"{name}/#"], now_ms, **options)
        ears.append(Ear(reader))
        reader.start()
        return ears[-1]

    yield make
    for ear in ears:
        ear.reader.stop()


class Device:
    """Publishes and waits until the broker has it."""

    def __init__(self, port):
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def say(self, topic, *payloads, qos=1, retain=False):
        sent = [self.client.publish(topic, payload, qos, retain) for payload in payloads]
        for info in sent:
            info.wait_for_publish(20)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def device_at():
    devices = []

    def make(port):
        devices.append(Device(port))
        return devices[-1]

    yield make
    for device in devices:
        device.close()


def numbers(count, start=0):
    return [str(n).encode() for n in range(start, start + count)]


def payloads(messages):
    return [message.payload for message in messages]


def test_what_an_earlier_run_subscribed_to_and_this_one_does_not_want_comes_no_more(mosquitto, kind, device_at, name):
    def run(wanted, unwanted=()):
        reader = KINDS[kind](BrokerUrl.parse(mosquitto.url), name, wanted, now_ms, unwanted=unwanted)
        reader.start()
        return Ear(reader).connect()

    run([f"{name}/#"]).reader.stop()
    ear, device = run([f"{name}/mine"], [f"{name}/#", f"{name}/never"]), device_at(mosquitto.port)
    device.say(f"{name}/mine", b"0")
    ear.hear(1)  # by now the broker has read all that was sent on connecting
    device.say(f"{name}/others", b"1")
    device.say(f"{name}/mine", b"2")
    ear.hear(2)
    ear.reader.stop()
    assert payloads(ear.heard) == [b"0", b"2"]


def test_what_is_published_comes_in_order_and_as_it_was(mosquitto, listen_to, device_at, name):
    ear = listen_to(mosquitto.url).connect()
    before = now_ms()
    device_at(mosquitto.port).say(f"{name}/a/đài", *numbers(2000))
    messages = ear.hear(2000)
    assert payloads(messages) == numbers(2000)
    assert {(m.topic, m.qos, m.retained, m.repeated) for m in messages} == {(f"{name}/a/đài", 1, False, False)}
    assert all(before <= m.received_at <= now_ms() for m in messages)
    assert ear.reader.received == 2000


def test_never_more_is_taken_than_asked_for_and_the_rest_comes_next(mosquitto, listen_to, device_at, name):
    ear = listen_to(mosquitto.url).connect()
    device_at(mosquitto.port).say(f"{name}/a", *numbers(100))
    taken = []
    while sum(map(len, taken)) < 100:
        taken.append(ear.reader.take(7, 0.02, 5))
    assert max(map(len, taken)) <= 7
    assert payloads(m for batch in taken for m in batch) == numbers(100)


def test_the_unacknowledged_come_again_as_repeats_and_the_acknowledged_do_not(mosquitto, listen_to, device_at, name):
    first = listen_to(mosquitto.url).connect()
    device_at(mosquitto.port).say(f"{name}/a", *numbers(5))
    first.hear(5)
    first.reader.ack(first.heard[:3])
    first.hear_no_more()  # paho may lose the last receipts when it is stopped at once; that is allowed
    first.reader.stop()
    second = listen_to(mosquitto.url)
    assert [(m.payload, m.repeated) for m in second.hear(2)] == [(b"3", True), (b"4", True)]
    second.ack().hear_no_more()


def test_a_retained_message_says_so_and_a_live_one_does_not(mosquitto, listen_to, device_at, name):
    device = device_at(mosquitto.port)
    device.say(f"{name}/kept", b"old", retain=True)
    ear = listen_to(mosquitto.url).connect()
    ear.hear(1)
    device.say(f"{name}/kept", b"new", retain=True)
    assert [(m.payload, m.retained) for m in ear.hear(2)] == [(b"old", True), (b"new", False)]


def test_messages_without_guarantee_come_too_and_need_no_receipt(mosquitto, listen_to, device_at, name):
    ear = listen_to(mosquitto.url).connect()
    device_at(mosquitto.port).say(f"{name}/a", *numbers(10), qos=0)
    assert [(m.payload, m.qos) for m in ear.hear(10)] == [(n, 0) for n in numbers(10)]
    ear.ack().hear_no_more()


def test_the_session_keeps_what_is_published_while_the_reader_is_away(mosquitto, listen_to, device_at, name):
    listen_to(mosquitto.url).connect().reader.stop()
    device_at(mosquitto.port).say(f"{name}/a", *numbers(300))
    ear = listen_to(mosquitto.url).connect()
    assert payloads(ear.hear(300)) == numbers(300)
    assert ear.reader.session_present


def test_an_order_of_the_readers_own_goes_out_even_if_it_was_given_before_the_broker_was_there(
    mosquitto, listen_to, name
):  # fmt: skip
    listen_to(mosquitto.url).connect().reader.stop()  # its session stands: it hears even what goes out at once
    ear = listen_to(mosquitto.url)
    ear.reader.publish(f"{name}/order", b"rebirth")
    ear.connect()
    ear.reader.publish(f"{name}/order", b"again")
    assert sorted(payloads(ear.hear(2))) == [b"again", b"rebirth"]


def test_a_forgotten_session_is_noticed_and_old_receipts_confirm_nothing_new(
    make_mosquitto, listen_to, device_at, name, caplog
):  # fmt: skip
    broker = make_mosquitto()
    ear = listen_to(broker.url).connect()
    device_at(broker.port).say(f"{name}/a", *numbers(3))
    old = list(ear.hear(3))
    broker.kill()
    (broker.folder / "mosquitto.db").unlink(missing_ok=True)
    assert ear.listen(lambda: ear.reader.hearing.deaf_since is not None)
    broker.start()
    ear.connect()
    assert ear.reader.session_present is False
    assert "mqtt_session_lost" in [getattr(record, "action", "") for record in caplog.records]
    device_at(broker.port).say(f"{name}/a", *numbers(3, start=10))
    ear.hear(6)
    ear.reader.ack(old)
    ear.reader.stop()
    again = listen_to(broker.url)
    assert payloads(again.hear(3)) == numbers(3, start=10)


@pytest.mark.parametrize("orderly", [True, False], ids=["restart", "kill"])
def test_a_broker_that_goes_and_comes_back_loses_nothing_that_it_kept(
    make_mosquitto, listen_to, device_at, name, orderly
):  # fmt: skip
    broker = make_mosquitto()
    ear = listen_to(broker.url).connect()
    device_at(broker.port).say(f"{name}/a", *numbers(100))
    ear.hear(100)
    ear.reader.ack(ear.heard[:50])
    if orderly:
        broker.stop()
    else:
        broker.save()
        broker.kill()
    assert ear.listen(lambda: ear.reader.hearing.deaf_since is not None)
    broker.start()
    device_at(broker.port).say(f"{name}/a", *numbers(50, start=100))
    ear.connect()
    fresh = set(numbers(100, start=50))
    assert ear.listen(lambda: fresh <= set(payloads(ear.heard[100:])))
    assert ear.reader.session_present
    ear.reader.ack(ear.heard[100:])
    ear.hear_no_more()


def test_a_window_of_unacknowledged_messages_is_kept_and_does_not_stall(
    make_mosquitto, listen_to, device_at, name, kind
):  # fmt: skip
    if kind == "bulk-5":
        broker, options = make_mosquitto(), {"most_unacknowledged": 40}  # what we say in CONNECT binds the broker
    else:
        broker, options = make_mosquitto("max_inflight_messages 40\n"), {}
    ear = listen_to(broker.url, **options).connect()
    device_at(broker.port).say(f"{name}/a", *numbers(400))
    ear.hear(40)
    ear.hear_no_more()
    assert len(ear.heard) == 40
    began = monotonic()
    ear.ack()
    while len(ear.heard) < 400:
        more = ear.reader.take(500, 3, 5)  # would be 27 s if each window waited for company
        assert more
        ear.reader.ack(more)
        ear.heard += more
    assert payloads(ear.heard) == numbers(400)
    assert monotonic() - began < 10


def test_what_is_not_taken_stays_with_the_broker_and_comes_later(mosquitto, listen_to, device_at, name, kind):
    ear = listen_to(mosquitto.url, **({"most_waiting": 100} if kind == "paho" else {})).connect()
    body = bytes(8000)
    device_at(mosquitto.port).say(f"{name}/a", *(n + body for n in numbers(4000)))  # 32 MB, more than sockets hold
    assert ear.reader.received < 3000
    messages = ear.hear(4000)
    assert payloads(messages) == [n + body for n in numbers(4000)]


def test_a_large_message_comes_whole(mosquitto, listen_to, device_at, name):
    ear = listen_to(mosquitto.url).connect()
    picture = random.Random(1).randbytes(200 * 1024)
    device_at(mosquitto.port).say(f"{name}/picture", picture, b"behind it")
    assert payloads(ear.hear(2)) == [picture, b"behind it"]


def test_packets_torn_at_any_byte_come_whole_and_in_order(mosquitto, listen_to, device_at, name):
    dice = random.Random(7)
    said = [dice.randbytes(dice.choice([0, 1, 100, 127, 128, 70_000])) for _ in range(300)]
    with Tearing(mosquitto.port, dice) as torn:
        ear = listen_to(f"mqtt://127.0.0.1:{torn.port}").connect()
        device_at(mosquitto.port).say(f"{name}/a", *said)
        assert payloads(ear.hear(300)) == said
        ear.ack().hear_no_more()
        ear.reader.stop()


def test_connections_cut_at_any_byte_lose_nothing(mosquitto, listen_to, device_at, name):
    body = bytes(1000)
    with Tearing(mosquitto.port, random.Random(3), cuts=3) as torn:
        ear = listen_to(f"mqtt://127.0.0.1:{torn.port}").connect()
        saying = threading.Thread(
            target=device_at(mosquitto.port).say, args=(f"{name}/a", *(n + body for n in numbers(3000)))
        )
        saying.start()
        wanted, got = {n + body for n in numbers(3000)}, set()
        end = monotonic() + 40
        while got < wanted and monotonic() < end:
            taken = ear.reader.take(50, 0.01, 0.1)
            got.update(payloads(taken))
            ear.reader.ack(taken)
        saying.join()
        assert got == wanted
        assert torn.cuts == 0
        ear.reader.stop()


class Tearing:
    """A way to the broker on which everything arrives in small pieces, and that breaks `cuts` times."""

    def __init__(self, port, dice, cuts=0):
        self.behind, self.dice, self.cuts = port, dice, cuts
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self.accept)

    def accept(self):
        for last in [False] * self.cuts + [True]:
            near, far = self.server.accept()[0], socket.create_connection(("127.0.0.1", self.behind))
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self.carry, args=(near, far, 1 << 16, None))
            back.start()
            self.carry(far, near, 3000, None if last else self.dice.randint(200_000, 600_000))
            self.cuts -= not last
            for side in (near, far):
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
            back.join()
            near.close()
            far.close()
        self.server.close()

    def carry(self, source, sink, most, budget):
        with suppress(OSError):
            while data := source.recv(self.dice.randint(1, most)):
                sink.sendall(data if budget is None else data[:budget])
                if budget is not None and (budget := budget - len(data)) <= 0:
                    return
            sink.shutdown(socket.SHUT_WR)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()


def test_a_wrong_password_is_said_once_and_tried_until_it_is_right(make_mosquitto, listen_to, tmp_path, caplog):
    passwords = tmp_path / "passwd"
    passwords.touch(mode=0o600)
    set_password(passwords, "another")
    broker = make_mosquitto(f"allow_anonymous false\npassword_file {passwords}\n")
    ear = listen_to(f"mqtt://centre:m%E1%BA%ADt@127.0.0.1:{broker.port}")

    def refusals():
        return [record for record in caplog.records if getattr(record, "action", "") == "mqtt_refused"]

    assert ear.listen(refusals)
    assert ear.reader.hearing.deaf_since is not None
    ear.hear_no_more(1.5)
    set_password(passwords, "mật")
    broker.process.send_signal(signal.SIGHUP)
    ear.connect()
    [said] = refusals()
    assert "password" in said.getMessage()
    assert all("mật" not in record.getMessage() for record in caplog.records)


def set_password(file, password):
    tool = str(places.mosquitto_client("mosquitto_passwd"))
    subprocess.run([tool, "-b", str(file), "centre", password], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A throw-away authority, a broker's certificate for `localhost` by it, and another authority."""
    return lay_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(make_mosquitto, certificates):
    """A broker that also speaks TLS, and the port of that."""
    port = free_port()
    files = f"cafile {certificates}/ca.crt\ncertfile {certificates}/server.crt\nkeyfile {certificates}/server.key\n"
    return make_mosquitto(f"listener {port} 127.0.0.1\n{files}"), port


def test_tls_with_an_authority_of_ones_own_carries_everything(secure, certificates, listen_to, device_at, name):
    broker, port = secure
    ear = listen_to(f"mqtts://localhost:{port}", ca_file=str(certificates / "ca.crt")).connect()
    body = bytes(5000)
    device_at(broker.port).say(f"{name}/a", *(n + body for n in numbers(500)))
    assert payloads(ear.hear(500)) == [n + body for n in numbers(500)]
    ear.ack().hear_no_more()


@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")
@pytest.mark.parametrize(
    ("host", "authority"), [("localhost", "other"), ("127.0.0.1", "ca")], ids=["authority", "name"]
)
def test_a_broker_that_cannot_prove_who_it_is_is_not_spoken_to(
    secure, certificates, listen_to, host, authority, caplog
):
    ear = listen_to(f"mqtts://centre:secret@{host}:{secure[1]}", ca_file=str(certificates / f"{authority}.crt"))
    ear.hear_no_more(1)
    assert ear.reader.hearing.deaf_since is not None
    assert "certificate" in " ".join(getattr(record, "reason", "") for record in caplog.records)
    ear.reader.stop()
    gc.collect()  # paho leaves the failed socket to it


def test_an_authority_that_is_no_certificate_is_an_error_at_once(kind, tmp_path):
    file = tmp_path / "ca.crt"
    file.write_text("nonsense")
    with pytest.raises(ssl.SSLError):
        KINDS[kind](BrokerUrl.parse("mqtts://localhost"), "x", ["#"], now_ms, ca_file=str(file))


@pytest.mark.parametrize("connected", [True, False])
def test_stopping_wakes_who_takes_at_once(mosquitto, listen_to, connected):
    ear = listen_to(mosquitto.url if connected else f"mqtt://127.0.0.1:{free_port()}")
    if connected:
        ear.connect()
    taking = threading.Thread(target=ear.reader.take, args=(10, 10, 60))
    taking.start()
    taking.join(0.3)
    assert taking.is_alive()
    began = monotonic()
    ear.reader.stop()
    taking.join(10)
    assert monotonic() - began < 2


def test_who_starts_before_the_broker_hears_it_when_it_comes(make_mosquitto, listen_to):
    broker = make_mosquitto()
    broker.stop()
    ear = listen_to(broker.url)
    ear.hear_no_more(0.5)
    assert ear.reader.hearing.deaf_since is not None
    broker.start()
    ear.connect()

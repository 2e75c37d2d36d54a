"""`python -m simulators load` against a broker: counts, latencies that a stall cannot hide, refusals."""

import json
import socket
import struct
import threading
from contextlib import contextmanager

import pytest

from simulators.__main__ import main

STALL_S = 1.0


class Answering:
    """A broker for one connection: it can refuse it, end it, or stand still for a second once it has read so many."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self.listener.getsockname()[1]}"
        self.accepts, self.stalls_at, self.ends_at, self.resets = True, None, None, False
        self.read = 0

    def serve(self):
        line, _ = self.listener.accept()
        with line:
            line.recv(1 << 16)
            line.sendall(b"\x20\x02\x00" + (b"\x00" if self.accepts else b"\x05"))
            rest = b""
            while data := line.recv(1 << 16):
                rest += data
                whole, rest = self.split(rest)
                self.read += whole
                if self.ends_at is not None and self.read >= self.ends_at:
                    if self.resets:  # the end goes out as RST
                        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                if self.stalls_at is not None and self.read >= self.stalls_at:
                    self.stalls_at = threading.Event().wait(STALL_S) or None
                line.sendall(b"\x40\x02\x00\x01" * whole)

    @staticmethod
    def split(data):
        """How many whole packets, and the rest; lengths take two bytes here."""
        count = 0
        while len(data) > 3 and len(data) >= (size := 3 + (data[1] & 127 | data[2] << 7)):
            data, count = data[size:], count + 1
        return count, data


@contextmanager
def serving(broker):
    thread = threading.Thread(target=broker.serve)
    thread.start()
    try:
        yield broker
    finally:
        thread.join(20)
        broker.listener.close()


@pytest.fixture
def broker():
    return Answering()


def test_all_that_is_sent_is_acknowledged_and_counted(broker, capsys):
    with serving(broker):
        assert main(["load", "--broker", broker.url, "--count", "5000", "--devices", "7", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sent"], told["acknowledged"], broker.read) == (5000, 5000, 5000)
    assert told["latency"] is None


def test_a_stall_makes_everything_due_meanwhile_late_and_not_less(broker, capsys):
    broker.stalls_at = 100
    with serving(broker):
        words = ["--rate", "400", "--duration", "2", "--window", "10", "--json"]
        assert main(["load", "--broker", broker.url, *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sent"] > 700, "what was due during the stall is sent after it"
    assert told["latency"]["p90_ms"] > 500, "half of all were due during the stall: their wait counts from then"
    assert told["latency"]["max_ms"] > 900


@pytest.mark.parametrize("resets", [False, True])
def test_a_broker_that_hangs_up_is_told_as_one_sentence(broker, capsys, resets):
    broker.ends_at, broker.resets = 10, resets
    with serving(broker):
        assert main(["load", "--broker", broker.url, "--count", "50000"]) == 2
    assert "the broker" in capsys.readouterr().err


def test_a_refused_connection_names_the_mend(broker, capsys):
    broker.accepts = False
    with serving(broker):
        assert main(["load", "--broker", broker.url, "--count", "1"]) == 2
    assert "user and password" in capsys.readouterr().err


def test_tls_is_refused_in_words(capsys):
    assert main(["load", "--broker", "mqtts://127.0.0.1:1", "--count", "1"]) == 2
    assert "mqtt:// only" in capsys.readouterr().err


@pytest.mark.real
def test_a_hundred_thousand_devices_introduce_themselves_and_speak_over_four_connections(mosquitto, capsys):
    words = ["--devices", "100000", "--births", "--connections", "4", "--count", "100000", "--json"]
    assert main(["load", "--broker", mosquitto.url, *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["sent"], told["acknowledged"], told["connections"]) == (100_000, 100_000, 4)

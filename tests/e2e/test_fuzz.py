"""Odd messages through the real pipeline: it never stops, stays small, and enters every one in the ledger.

30,000 of them; 1,000,000 in the long form (`make test-faults`), grown from the golden messages of all adapters.
"""

import json
import os
import random
import re
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from realparts.centre import ask
from realparts.district import District, until
from realparts.raw_publisher import RawPublisher

from ioc.migrate import migrate

LONG = os.environ.get("IOC_FAULTS") == "long"
MESSAGES = 1_000_000 if LONG else 30_000
STRETCH, BEHIND = 5_000, 60_000  # the publisher waits where the ingest is further behind, as no broker is bottomless
MOST_RSS_MB = 400

NUMBERS = [
    b"1e999",
    b"-1e400",
    b"9" * 400,
    b"-0",
    b"1e-400",
    b"NaN",
    b"Infinity",
    b"0x10",
    b"18446744073709551616",
    b"2147483648",
    b"-9223372036854775809",
    b"1.7976931348623157e308",
    b"00",
    b"true",
    b"null",
    b'""',
    b"[]",
    b"{}",
]
TIMES = [
    b"0",
    b"-1",
    b"1e18",
    b"253402300800000",
    b"-62135596800001",
    b"9223372036854775807",
    b'"0000-00-00T00:00:00Z"',
    b'"9999-12-31T23:59:59.999999Z"',
    b'"2026-02-30T25:61:61Z"',
    b'"1970-01-01T00:00:00+23:59"',
    b'"now"',
    b"1e308",
    b'"-4713-01-01T00:00:00Z"',
    b'"294277-01-01T00:00:00Z"',
    b"4102444800000",
    b"99999999999999999999",
]
TEXTS = [
    b'"\\u0000"',
    b'"\\ud800"',
    b'"\\udfff\\ud800"',
    b'"\xff\xfe"',
    b'"\x00"',
    b'"\xed\xa0\x80"',
    b'"\\uffff"',
    b'"' + b"x" * 5000 + b'"',
    '"\u202e\u200b\U0001f4a5Trạm"'.encode(),
    b'"\'; DROP TABLE reading; --"',
    b'"{{7*7}}"',
    b'"\\"',
]
NAMES = [
    b'"a"',
    b'""',
    b'"__proto__"',
    b'"\\u0000"',
    b'"' + b"n" * 3000 + b'"',
    b'"%s"',
    '"nhiệt độ"'.encode(),
    b'"m"',
    b'"seq"',
    b'"ts"',
]


def seeds():
    """Topic and payload of every golden message, and those that come before one."""
    found = []
    for file in sorted(Path(__file__).parent.parent.joinpath("golden").glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            golden = json.loads(line)
            for one in [golden, *golden.get("before", [])]:
                text = one.get("payload_hex")
                payload = bytes.fromhex(text) if text is not None else one["payload"]
                if isinstance(payload, str):
                    payload = payload.encode("utf-8", "surrogateescape")
                elif not isinstance(payload, bytes):
                    payload = json.dumps(payload).encode()
                found.append((one["topic"], payload))
    return [(topic, payload) for topic, payload in found if sendable(topic)]


def sendable(topic):
    """Whether a broker lets it through, `#` takes it, and it is no order: the ingest sends some, counted apart."""
    bad = any(c in "+#\0" or ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in topic)
    return bool(topic) and not bad and not topic.startswith("$") and not topic.endswith("/command")


class Fuzzer:
    """Odd messages, the same for the same seed."""

    def __init__(self, seed):
        self.chance, self.seeds = random.Random(seed), seeds()
        self.native = [one for one in self.seeds if one[0].startswith("ioc/v1/")]

    def __iter__(self):
        while True:
            topic, payload = self.chance.choice(self.native if self.chance.random() < 0.3 else self.seeds)
            topic = self.topic(topic)
            if sendable(topic):
                yield topic.encode(), self.payload(payload), self.chance.random() < 0.02

    def topic(self, topic):
        dice = self.chance.random()
        levels = topic.split("/")
        if dice < 0.6:
            return topic
        if dice < 0.8:  # another device, of not too many
            levels[self.chance.randrange(len(levels))] = f"d{self.chance.randrange(500)}"
        elif dice < 0.9:
            odd = ["", "x" * 300, "Trạm", "a b", "..", "%2f", "\u202e", "telemetry", "birth", "v1", "ioc", "-", "A"]
            levels[self.chance.randrange(len(levels))] = self.chance.choice(odd)
        elif dice < 0.95:
            levels.insert(self.chance.randrange(len(levels) + 1), self.chance.choice(["x", "", "status", "event"]))
        else:
            del levels[self.chance.randrange(len(levels))]
        return "/".join(levels)

    def payload(self, payload):
        dice, chance = self.chance.random(), self.chance
        if dice < 0.1:
            return payload
        if dice < 0.2:
            return chance.randbytes(chance.choice([0, 1, 2, 7, 40, 300, 2000]))
        if dice < 0.4:
            return self.bytes_changed(payload)
        if dice < 0.996:
            for _ in range(chance.choice([1, 1, 1, 2, 4])):
                payload = self.words_changed(payload)
            return payload
        return self.monster()

    def bytes_changed(self, payload):
        chance, changed = self.chance, bytearray(payload or b"{}")
        for _ in range(chance.choice([1, 1, 2, 8])):
            at = chance.randrange(len(changed) or 1)
            what = chance.randrange(5)
            if what == 0 and changed:
                changed[at % len(changed)] ^= 1 << chance.randrange(8)
            elif what == 1:
                changed[at:at] = chance.choice([b"\0", b"\xff", b'"', b"{", b"]", b"\\", b",", b"\xc3", b"e999"])
            elif what == 2:
                del changed[at : at + chance.choice([1, 3, 40])]
            elif what == 3:
                changed[at:at] = changed[at : at + 30]
            else:
                del changed[at:]
        return bytes(changed)

    def words_changed(self, payload):
        """Something odd instead of one value, or one name, of a text like JSON."""
        pattern, odd = self.chance.choice([
            (rb"(?<=[:\[,]) ?-?\d[\d.eE+-]*", NUMBERS), (rb'"ts": ?(?:"[^"]*"|\d+)', [b'"ts":' + ts for ts in TIMES]),
            (rb'(?<=[:\[,]) ?"[^"]*"', TEXTS + TIMES), (rb'"\w+"(?=:)', NAMES), (rb"\d{10,13}", TIMES),
            (rb"(?:true|false|null|\d+)", NUMBERS + TEXTS),
        ])  # fmt: skip
        places = list(re.finditer(pattern, payload[:20_000]))
        if not places:
            return self.bytes_changed(payload)
        place = self.chance.choice(places)
        return payload[: place.start()] + self.chance.choice(odd) + payload[place.end() :]

    def monster(self):
        """Huge or deep."""
        chance, many = self.chance, self.chance.choice([1000, 20_000, 70_000])
        sample = b'{"v":1,"session":"s","seq":%d,"m":{' % chance.randrange(10**6)
        return chance.choice([
            lambda: b"[" * many, lambda: b"[" * many + b"]" * many, lambda: b'{"m":' * many, lambda: b"\0" * many,
            lambda: sample + b'"deep":' + b"[" * many + b"]" * many + b"}}",
            lambda: sample + b",".join(b'"m%d":%d' % (n, n) for n in range(many // 10)) + b"}}",
            lambda: sample + b'"text":"' + b"x" * many + b'"}}', lambda: sample + b'"n":' + b"9" * many + b"}}",
            lambda: b'{"v":1,"session":"s","batch":[' + b",".join([b'{"seq":1,"m":{"fps":1}}'] * (many // 24)) + b"]}",
            lambda: chance.randbytes(1_000_000) if chance.random() < 0.1 else chance.randbytes(many),
        ])()  # fmt: skip


@pytest.fixture
def orders(make_mosquitto):
    """A broker, and a list of the orders that someone sends on it."""
    broker, heard = make_mosquitto(), []
    ear = paho.Client(paho.CallbackAPIVersion.VERSION2)
    ear.on_message = lambda _c, _d, message: heard.append(message.topic)
    ear.on_connect = lambda *_: ear.subscribe("ioc/v1/+/+/+/command", 1)
    subscribed = []
    ear.on_subscribe = lambda *_: subscribed.append(1)
    ear.connect(broker.host, broker.port)
    ear.loop_start()
    until(lambda: subscribed, 10)
    yield broker, heard
    ear.disconnect()
    ear.loop_stop()


@pytest.mark.timeout(1800 if LONG else 180)
def test_odd_messages_stop_nothing_and_each_is_in_the_ledger(orders, dsn, tmp_path, record_property):
    broker, heard = orders
    migrate(dsn)
    district = District(broker, dsn, tmp_path)
    try:
        district.open({})
        fuzz_through(district, heard, record_property)
    finally:
        district.close()


def fuzz_through(district, orders, record_property):
    fuzzer = iter(Fuzzer(7))
    with RawPublisher(district.broker.host, district.broker.port) as raw:
        while raw.sent < MESSAGES:
            raw.send([next(fuzzer) for _ in range(STRETCH)])
            until(lambda: district.ingest.running and raw.sent - district.hours()["received"] < BEHIND, 120)
        assert raw.acknowledged == MESSAGES
    district.recover(240)
    until(lambda: district.hours()["received"] >= MESSAGES + 1 + len(orders), 60)
    most = peak_mb(district.ingest.pid)
    assert district.ingest.end() == 0
    told = district.hours()
    assert told["received"] == MESSAGES + 1 + len(orders)
    assert told["received"] == sum(told[name] for name in ("stored", "duplicate", "ignored", "quarantined", "shed"))
    [(in_flight,)] = ask(district.asks, "SELECT in_flight FROM ingest_run")
    assert in_flight == 0
    said = district.ingest.said
    assert "Traceback" not in said
    assert said.count("hearing the broker") == 1, "an odd message ended the connection"
    assert most < MOST_RSS_MB
    parts = ", ".join(f"{told[name]:,} {name}" for name in ("stored", "duplicate", "ignored", "quarantined", "shed"))
    record_property("fuzz", f"{MESSAGES:,} messages: {parts}; the ingest's memory at most {most} MB.")


def peak_mb(pid):
    """The most memory a process had so far (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024

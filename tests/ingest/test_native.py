"""The native wire: what is read, and what is refused with which reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.native import ADAPTER, read
from ingest.model import Ack, Birth, Event, Ignored, Message, Rejected, Sample, Status

NOW = 1_795_319_000_000
DEVICE = "nong-son/loudspeaker/loa-1"


def say(channel: str, body: object, device: str = DEVICE, *, raw: bytes | None = None):
    payload = raw if raw is not None else json.dumps(body).encode()
    return read(Message(f"ioc/v1/{device}/{channel}", payload, NOW))


def test_a_birth_tells_who_the_device_is_and_names_its_gateway_by_address():
    said = {"v": 1, "session": "01J", "gateway": "gw-que-trung", "interval_s": 60, "commands": ["play", "rebirth"],
            "device": {"name": "Loa thôn Trung Hạ", "maker": "ITC", "lat": 15.71, "lon": 108.03, "area": "que-trung"},
            "metrics": {"volume_pct": {"type": "number", "min": 0, "max": 100}}}  # fmt: skip
    [birth] = say("birth", said)
    assert isinstance(birth, Birth)
    assert (birth.name, birth.area, birth.interval_s) == ("Loa thôn Trung Hạ", "que-trung", 60)
    assert birth.gateway == "nong-son/gateway/gw-que-trung"
    assert birth.commands == ("play", "rebirth")


def test_a_will_is_known_by_its_reason():
    [status] = say("status", {"v": 1, "session": "01J", "state": "offline", "reason": "lwt"})
    assert isinstance(status, Status)
    assert status.will


def test_a_sample_keeps_null_as_unknown_and_its_own_time():
    m = {"volume_pct": None, "playing": True}
    [sample] = say("telemetry", {"v": 1, "seq": 4, "ts": "2026-11-22T04:06:06.000+07:00", "m": m})
    assert isinstance(sample, Sample)
    assert sample.metrics == {"volume_pct": None, "playing": True}
    assert (sample.ts, sample.stamped) == (1_795_295_166_000, True)


def test_private_patterns_in_a_text_are_masked():
    [sample] = say("telemetry", {"v": 1, "m": {"note": "from a0:b1:c2:d3:e4:f5", "fps": 1}})
    assert sample.metrics == {"note": "from ***", "fps": 1}


def test_a_sample_without_a_time_gets_the_centres():
    [sample] = say("telemetry", {"v": 1, "m": {"volume_pct": 7}})
    assert (sample.ts, sample.stamped) == (NOW, False)


def test_a_batch_gives_each_of_its_samples_marked_late():
    batch = [{"seq": 1, "ts": 1000, "m": {"mains_v": 220}}, {"seq": 2, "ts": 2000, "m": {"mains_v": 221}}]
    samples = say("telemetry", {"v": 1, "session": "s", "batch": batch})
    assert [(s.seq, s.ts, s.late) for s in samples] == [(1, 1000, True), (2, 2000, True)]


def test_events_and_acks_are_read():
    [event] = say("event", {"v": 1, "id": "01JD", "type": "amp_overtemp", "phase": "start", "severity": "major"})
    [ack] = say("ack", {"v": 1, "ref": "01JD9", "state": "started"})
    assert isinstance(event, Event)
    assert isinstance(ack, Ack)
    assert (event.type, ack.state) == ("amp_overtemp", "started")


@pytest.mark.parametrize(
    ("channel", "raw", "reason"),
    [
        ("telemetry", b"{", "not_json"),
        ("telemetry", b"", "empty"),
        ("telemetry", b"\xff\xfe", "not_json"),
        ("telemetry", b"[" * 50_000, "bad_shape"),
        ("telemetry", b'{"v":2,"m":{"a":1}}', "bad_shape"),
        ("telemetry", b'{"v":1}', "bad_shape"),
        ("telemetry", b'{"v":1,"m":{}}', "bad_metrics"),
        ("telemetry", b'{"v":1,"m":{"A b":1}}', "bad_metrics"),
        ("telemetry", b'{"v":1,"m":{"a":[1]}}', "bad_shape"),
        ("telemetry", b'{"v":1,"m":{"volume_pct":101}}', "out_of_range"),
        ("telemetry", b'{"v":1,"m":{"a":1e999}}', "bad_shape"),
        ("telemetry", b'{"v":1,"m":{"a":"x\\u0000"}}', "bad_value"),
        ("telemetry", b'{"v":1,"m":{"a":1},"ts":"2026-11-22T04:06:06"}', "bad_time"),
        ("telemetry", b'{"v":1,"m":{"a":1},"ts":-5}', "bad_time"),
        ("telemetry", b'{"v":1,"m":{"a":1},"seq":-1}', "bad_shape"),
        ("telemetry", b'{"v":1,"m":{"a":1}}' + b" " * 65_536, "too_large"),
        ("status", b'{"v":1,"state":"fine"}', "bad_shape"),
        ("event", b'{"v":1,"id":"e","type":"x","data":{"a":' + b"[" * 50_000, "not_json"),
        ("event", b'{"v":1,"type":"x"}', "bad_shape"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_its_reason(channel, raw, reason):
    verdict = say(channel, None, raw=raw)
    assert isinstance(verdict, Rejected)
    assert verdict.reason == reason


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("ioc/v1/nong-son/camera/c1", "bad_topic"),
        ("ioc/v1/Nong/camera/c1/birth", "bad_topic"),
        ("ioc/v1/nong-son/camera/c1/gossip", "bad_topic"),
        ("ioc/v1/nong-son/toaster/c1/birth", "unknown_family"),
    ],
)
def test_a_topic_that_is_not_of_the_wire_is_rejected(topic, reason):
    verdict = read(Message(topic, b"{}", NOW))
    assert isinstance(verdict, Rejected)
    assert verdict.reason == reason


def test_our_own_orders_are_ignored_and_so_is_a_cleared_retained_status():
    assert say("command", {"v": 1}) == Ignored("own_order")
    assert say("status", None, raw=b"") == Ignored("cleared")


@given(st.binary(max_size=300), st.sampled_from(["birth", "status", "telemetry", "event", "ack"]))
def test_no_payload_whatever_raises(payload, channel):
    verdict = say(channel, None, raw=payload)
    assert isinstance(verdict, Rejected | Ignored | list)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries(
        {"v": st.just(1)},
        optional=dict.fromkeys(("ts", "seq", "m", "batch", "session", "id", "type", "data", "state", "device"), _JSON),
    ),
    st.sampled_from(["birth", "status", "telemetry", "event", "ack"]),
)
def test_no_json_of_the_right_keys_raises(body, channel):
    verdict = say(channel, None, raw=json.dumps(body).encode())
    assert isinstance(verdict, Rejected | Ignored | list)


VALUES = st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats() | st.text(max_size=3) | st.just([1])
BODIES = st.fixed_dictionaries(
    {"m": st.dictionaries(st.sampled_from(["fps", "cpu_pct", "Bad name", "mains_v"]), VALUES, max_size=3)},
    optional={"v": st.sampled_from([1, 2]), "session": st.none() | st.sampled_from(["s", "x" * 65, ""]),
              "seq": st.none() | st.integers(-2, 2**63), "batch": st.none() | st.just([]),
              "ts": st.none() | st.integers(-5, 2**63) | st.sampled_from(
                  ["2026-11-22T04:06:06.000+07:00", "2026-11-22T04:06:06.1239Z", "2026-11-22T04:06:06", "x"])},
)  # fmt: skip


@given(BODIES)
def test_what_is_read_in_one_go_is_what_reading_in_full_gives(body):
    message = Message(f"ioc/v1/{DEVICE}/telemetry", json.dumps(body).encode(), NOW)
    full = read(message)  # also makes its topic and its set of names known
    [quick] = ADAPTER.quick([message])
    assert quick is None or [quick] == full


def test_only_live_telemetry_that_was_met_before_is_read_in_one_go():
    body = json.dumps({"m": {"fps": 5}}).encode()
    usual = Message(f"ioc/v1/{DEVICE}/telemetry", body, NOW)
    flagged = [Message(usual.topic, body, NOW, retained=True), Message(usual.topic, body, NOW, repeated=True)]
    elsewhere = [Message(f"ioc/v1/{where}", body, NOW) for where in (f"{DEVICE}/event", "x/toaster/t1/telemetry")]
    odd = [*flagged, *elsewhere]
    for message in (usual, *odd):
        read(message)
    assert ADAPTER.quick([usual, *odd]) == [*read(usual), None, None, None, None]

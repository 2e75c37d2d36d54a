"""The packets: any split of a stream gives the same messages, any bytes give values or one error, paho agrees."""

import socket
from contextlib import suppress

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.errors import ProtocolError
from ingest.model import MAX_PAYLOAD, Message
from ingest.packets import encode
from ingest.packets.decoder import LIMIT, Decoder
from ingest.packets.encode import Login
from ingest.packets.model import (
    Connack,
    Disconnect,
    Pingresp,
    Puback,
    Pubrel,
    Suback,
    Unsuback,
    reason_sentence,
)
from ingest.packets.properties import read_properties
from ingest.reader import NOT_UTF8

NOW = 1_795_319_000_000
SMALL = 16_384
FIVE = pytest.mark.parametrize("five", [False, True], ids=["3.1.1", "5"])


def sized(body):
    length, head = len(body), b""
    while length > 127:
        head, length = head + bytes((length & 127 | 128,)), length >> 7
    return head + bytes((length,)) + body


def publication(topic, payload, qos=1, mid=7, retained=False, repeated=False, properties=None):
    """A PUBLISH as a broker sends it; `properties` are bytes in version 5."""
    raw = topic if isinstance(topic, bytes) else topic.encode()
    first = 0x30 | repeated << 3 | qos << 1 | retained
    body = len(raw).to_bytes(2) + raw + (mid.to_bytes(2) if qos else b"")
    return bytes((first,)) + sized(body + (b"" if properties is None else sized(properties)) + payload)


def decode(*pieces, five=False, generation=0, limit=LIMIT):
    decoder = Decoder(five=five, generation=generation, limit=limit)
    out, packets = [], []
    for piece in pieces:
        packets += decoder.feed(piece, NOW, out)
    return out, packets


topics = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
payloads = st.binary(max_size=300) | st.integers(0, 40_000).map(bytes)
publishes = st.builds(
    dict, topic=topics, payload=payloads, qos=st.sampled_from([0, 1, 2]), mid=st.integers(1, 0xFFFF),
    retained=st.booleans(), repeated=st.booleans(),
)  # fmt: skip


@st.composite
def streams(draw):
    """Version, packets between and after messages, and the messages that are to come."""
    five, generation = draw(st.booleans()), draw(st.integers(0, 5))
    stream, messages = b"", []
    for said in draw(st.lists(publishes, max_size=8)):
        more = {"properties": b"\x26\0\1k\0" + bytes((n := draw(st.integers(0, 200)),)) + bytes(n)} if five else {}
        stream += publication(**said, **more) + draw(st.sampled_from([b"", b"\xd0\0", b"\x40\2\0\1"]))
        qos = said["qos"]
        token = generation << 16 | said["mid"] if qos else 0
        messages.append(
            Message(said["topic"], said["payload"], NOW, qos, said["retained"], said["repeated"], token)
        )  # fmt: skip
    return five, generation, stream, messages


@given(streams(), st.data())
def test_any_split_of_a_stream_gives_the_same_messages(drawn, data):
    five, generation, stream, messages = drawn
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    limit = data.draw(st.sampled_from([LIMIT, SMALL]))
    out, _ = decode(*pieces, five=five, generation=generation, limit=limit)
    kept = [(m.topic, m.qos, m.retained, m.repeated, m.token) for m in out]
    assert kept == [(m.topic, m.qos, m.retained, m.repeated, m.token) for m in messages]
    for got, sent in zip(out, messages, strict=True):
        assert got.payload == sent.payload or (limit == SMALL < len(stream) and sent.payload.startswith(got.payload))


@given(st.lists(publishes, max_size=3), st.booleans())
def test_a_stream_in_single_bytes_gives_the_same_messages_as_whole(said, five):
    stream = b"".join(publication(**each, **({"properties": b""} if five else {})) for each in said)
    whole, _ = decode(stream, five=five)
    pieces = [stream[at : at + 1] for at in range(len(stream))]
    assert decode(*pieces, five=five)[0] == whole
    assert len(whole) == len(said)


@given(streams(), st.data())
def test_any_bytes_give_messages_and_packets_or_one_error_and_memory_is_bounded(drawn, data):
    five, _, stream, _ = drawn
    noise = bytearray(stream)
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(noise)))
        noise[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=6))
    decoder, out = Decoder(five=five, limit=SMALL), []
    size = data.draw(st.integers(1, 5000))
    for at in range(0, len(noise), size):
        try:
            decoder.feed(bytes(noise[at : at + size]), NOW, out)
        except ProtocolError:
            break
        assert decoder.kept <= SMALL + 5
    assert all(isinstance(message, Message) and message.qos in (0, 1, 2) for message in out)


@given(st.binary(max_size=400), st.booleans())
def test_noise_alone_gives_packets_or_one_error(noise, five):
    with suppress(ProtocolError):
        decode(noise, five=five, limit=SMALL)


@FIVE
@pytest.mark.parametrize("size", [0, 1, 100, 20_000])
def test_a_message_beyond_the_limit_comes_short_when_all_of_it_has_come_and_those_behind_it_go_on(five, size):
    properties = {"properties": b""} if five else {}
    huge = publication("t/huge", bytes(3 * LIMIT), qos=1, mid=9, **properties)
    stream = huge + publication("t/next", b"small", mid=10, **properties)
    decoder, out = Decoder(five=five), []
    step = size or len(stream)
    for at in range(0, len(stream), step) if step > 1 else (0,):
        if step == 1:  # byte by byte only around the end of the huge one: the rest takes too long
            decoder.feed(stream[: len(huge) - 1], NOW, out)
            assert out == []
            decoder.feed(stream[len(huge) - 1 :], NOW, out)
        else:
            decoder.feed(stream[at : at + step], NOW, out)
        assert decoder.kept <= LIMIT + 5
    assert [(m.topic, m.token) for m in out] == [("t/huge", 9), ("t/next", 10)]
    assert MAX_PAYLOAD < len(out[0].payload) <= LIMIT


def test_properties_beyond_the_limit_are_refused_as_payload_too_large_not_as_an_error():
    pair = b"\x26\0\1k\xff\xff" + bytes(0xFFFF)
    [message], _ = decode(publication("t", b"x", properties=pair * 20), five=True)
    assert len(message.payload) > MAX_PAYLOAD


@FIVE
def test_the_packets_of_a_broker_are_read(five):
    nothing = b"\0" if five else b""
    stream = (
        b"\x20" + sized(b"\1\0" + nothing) + b"\x90" + sized(b"\xff\xff" + nothing + b"\1\x80")
        + b"\xb0" + sized(b"\xff\xfe" + nothing * 2) + b"\x40\2\0\5" + b"\x62\2\0\6" + b"\xd0\0"
    )  # fmt: skip
    assert decode(stream, five=five)[1] == [
        Connack(session_present=True, code=0), Suback(0xFFFF, (1, 0x80)), Unsuback(0xFFFE), Puback(5),
        Pubrel(6), Pingresp(),
    ]  # fmt: skip


def test_version_5_says_what_it_allows_and_why_it_ends():
    properties = b"\x21\0\x14\x13\0\x0a\x1f\0\4slow"
    connack = b"\x20" + sized(b"\0\0" + sized(properties))
    bye = b"\xe0" + sized(b"\x8b" + sized(b"\x1f\0\3bye"))
    answers = decode(connack + b"\x40\4\0\1\x97\0" + b"\xe0\0" + bye, five=True)[1]
    assert answers == [
        Connack(session_present=False, code=0, text="slow", receive_maximum=20, keepalive_s=10),
        Puback(1, 0x97), Disconnect(), Disconnect(0x8B, "bye"),
    ]  # fmt: skip
    assert reason_sentence(0x8B, "bye") == "it is shutting down (code 139: bye)"


def test_a_broker_of_version_3_that_refuses_version_5_is_understood():
    assert decode(b"\x20\2\0\1", five=True)[1] == [Connack(session_present=False, code=1)]


@pytest.mark.parametrize(
    "bad",
    [
        b"\x00\0",  # type 0
        b"\x10\0",  # CONNECT
        b"\x36\6\0\1t\0\1x",  # QoS 3
        b"\x32\5\0\1t\0\0",  # identifier 0
        b"\x32\3\0\1t",  # no identifier
        b"\x30\1\0",  # shorter than a topic's length
        b"\x30\3\0\5t",  # a topic longer than the packet
        b"\x30\2\0\0",  # no topic
        b"\x30\xff\xff\xff\xff\1",  # a length of five bytes
        b"\x20\1\0",  # a short CONNACK
        b"\x20\2\2\0",  # reserved flags
        b"\x40\2\0\0",  # identifier 0
        b"\x40\3\0\1\0",  # too long for 3.1.1
        b"\x60\2\0\1",  # PUBREL without its flag
        b"\xd0\1\0",  # a PINGRESP with something in it
        b"\xe0\0",  # DISCONNECT is not a broker's in 3.1.1
    ],
)
def test_what_is_not_mqtt_is_one_error_with_a_sentence(bad):
    with pytest.raises(ProtocolError, match="the broker sent"):
        decode(bad + bytes(3))
    with pytest.raises(ProtocolError):  # and just the same at the end of what has come
        decode(bad)


@pytest.mark.parametrize(
    "bad", [b"\x02\x11\0", b"\x01\x99", b"\x05\x1f\0\x02\xff\xff", b"\x06\x21\0\1\x21\0\1", b"\x05\1"]
)
def test_properties_that_cannot_be_read_are_an_error(bad):
    with pytest.raises(ProtocolError):
        read_properties(bad, 0)


def test_messages_before_an_error_are_not_lost():
    out = []
    with pytest.raises(ProtocolError):
        Decoder().feed(publication("a/b", b"1") + b"\x00\0", NOW, out)
    assert [message.payload for message in out] == [b"1"]


def test_a_topic_that_is_not_utf8_stops_nothing():
    out, _ = decode(publication(b"\xff\xfe", b"1") + publication("a/b", b"2"))
    assert [(m.topic, m.payload) for m in out] == [(NOT_UTF8, b"1"), ("a/b", b"2")]


def test_the_memory_of_topics_is_bounded(monkeypatch):
    monkeypatch.setattr("ingest.packets.decoder._MOST_TOPICS", 2000)
    decoder, out = Decoder(), []
    for at in range(0, 6000, 100):
        decoder.feed(b"".join(publication(f"t/{n}", b"") for n in range(at, at + 100)), NOW, out)
    assert len(decoder._topics) <= 2000
    assert [m.topic for m in out] == [f"t/{n}" for n in range(6000)]


def test_receipts_go_out_in_order_as_one_piece_and_not_for_an_earlier_connection():
    said = [(1, 1), (0, 0), (2, 2), (1, 0xFFFF)]
    messages = [Message("t", b"", NOW, qos, False, False, 3 << 16 | mid if qos else 0) for qos, mid in said]
    earlier = Message("t", b"", NOW, 1, False, False, 2 << 16 | 9)
    assert encode.receipts([*messages, earlier], 3) == b"\x40\2\0\1" + b"\x50\2\0\2" + b"\x40\2\xff\xff"


# paho as the oracle: what it would send, taken from its socket.


class Oracle:
    def __init__(self, five, **login):
        session = {} if five else {"clean_session": False}
        protocol = paho.MQTTv5 if five else paho.MQTTv311
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, "ioc-test", protocol=protocol, **session)
        if login:
            self.client.username_pw_set(**login)
        self.ours, self.theirs = socket.socketpair()
        self.client._sock = self.theirs
        self.client._host, self.client._port = "x", 1

    def says(self):
        self.client.loop_write()
        self.ours.settimeout(5)
        said = self.ours.recv(1 << 20)
        self.ours.close()
        self.theirs.close()
        return said


@FIVE
@pytest.mark.parametrize("login", [{}, {"username": "centre"}, {"username": "trạm", "password": "mật khẩu"}])
def test_connect_is_what_paho_sends(five, login):
    oracle = Oracle(five, **login)
    if five:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval, properties.ReceiveMaximum = 0xFFFFFFFF, 20_000
        oracle.client._connect_properties, oracle.client._clean_start = properties, False
    oracle.client._send_connect(30)
    ours = Login("ioc-test", login.get("username"), login.get("password"), 30, five, 20_000)
    assert encode.connect(ours) == oracle.says()
    assert "mật khẩu" not in repr(ours)


@FIVE
def test_subscribe_is_what_paho_sends(five):
    oracle, wanted = Oracle(five), ["ioc/v1/#", "collectd/#"]
    options = SubscribeOptions(qos=1) if five else 1
    oracle.client._send_subscribe(False, [(pattern.encode(), options) for pattern in wanted])
    assert encode.subscribe(1, wanted, five=five) == oracle.says()


@FIVE
@given(topic=topics.filter(lambda topic: "\0" not in topic), payload=payloads, mid=st.integers(1, 0xFFFF))
def test_publish_is_what_paho_sends_and_is_read_back(five, topic, payload, mid):
    oracle = Oracle(five)
    oracle.client._send_publish(mid, topic.encode(), payload, 1)
    said = oracle.says()
    assert encode.publish(mid, topic, payload, five=five) == said
    assert decode(said, five=five)[0] == [Message(topic, payload, NOW, 1, False, False, mid)]


def test_a_text_beyond_65535_bytes_is_refused_where_it_is_made():
    with pytest.raises(ValueError, match="65535"):
        encode.publish(1, "t" * 70_000, b"", five=False)

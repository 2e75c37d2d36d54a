"""The prepared packets say what they should, however often they are written over."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.load.packets import FIRST_SEQ, Block, Crowd, births, connect


def read(data: bytes) -> list[tuple[int, str, int, bytes]]:
    """Every PUBLISH of a stream, read without the code that wrote it: first byte, topic, packet id, payload."""
    found, at = [], 0
    while at < len(data):
        first, at, length, shift = data[at], at + 1, 0, 0
        while True:
            length, shift, at = length | (data[at] & 127) << shift, shift + 7, at + 1
            if not data[at - 1] & 128:
                break
        body, at = data[at : at + length], at + length
        stop = 2 + int.from_bytes(body[:2], "big")
        found.append((first, body[2:stop].decode(), int.from_bytes(body[stop : stop + 2], "big"), body[stop + 2 :]))
    return found


@given(st.integers(1, 9000), st.integers(0, 300_000), st.integers(1, 50), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_any_stretch_of_the_stream_is_whole_messages_numbered_from_where_it_begins(devices, first, many, said):
    crowd = Crowd(devices, said=said)
    block = Block.of(crowd, crowd.order())
    size = len(block.ends)
    last = min(first + many, first - first % size + size)
    for index, (kind, topic, packet, payload) in enumerate(
        read(bytes(block.write(first, last, said, 1_795_323_600_123))), first
    ):
        device, seq = crowd.nth(index)
        document = json.loads(payload)
        assert (kind, topic) == (0x32, crowd.topic(device, "telemetry").decode())
        assert packet == index % 65_535 + 1
        assert (document["seq"], document["ts"]) == (seq, 1_795_323_600_123)
        assert seq == FIRST_SEQ + said + index // devices


def test_every_device_speaks_once_a_round():
    crowd = Crowd(100)
    assert sorted(crowd.nth(index)[0] for index in range(100)) == list(range(100))
    assert crowd.nth(0)[0] == crowd.nth(100)[0]


def test_births_are_retained_and_name_the_session_of_the_telemetry():
    crowd = Crowd(5, site="x", boot=3)
    data, ends = births(crowd, crowd.order())
    packets = read(bytes(data))
    block = Block.of(crowd, crowd.order())
    spoken = [json.loads(payload)["session"] for _, _, _, payload in read(bytes(block.write(0, 5, 0, 10**12)))]
    assert [kind for kind, *_ in packets] == [0x33] * 5
    assert [json.loads(payload)["session"] for *_, payload in packets] == spoken
    assert ends[-1] == len(data)


def test_a_connect_carries_user_and_password_where_there_are_any():
    assert connect("n", "u", "pw") == b"\x10\x14\x00\x04MQTT\x04\xc2\x00\x00\x00\x01n\x00\x01u\x00\x02pw"
    assert connect("n")[9] == 0x02

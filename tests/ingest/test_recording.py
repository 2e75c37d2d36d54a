"""A recording is played like a line: in its order, by its own time, up to the first line that is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import RecordingError
from ingest.recording import RecordedReader


def line(ts, topic="a/b", payload='{"x":1}'):
    return json.dumps({"ts": ts, "topic": topic, "payload": payload}).encode() + b"\n"


@given(st.lists(st.tuples(st.integers(0, 2**41), st.text(), st.text()), max_size=30), st.integers(1, 7))
def test_every_message_comes_once_in_order_whatever_the_size_of_the_bites(said, most):
    said = sorted(said, key=lambda one: one[0])
    reader, found = RecordedReader(line(*one) for one in said), []
    while not reader.over:
        took = reader.take(most, 0, 0)
        assert len(took) <= most
        found += took
        assert not took or reader.now() == took[-1].received_at
    assert [(one.received_at, one.topic, one.payload.decode()) for one in found] == said
    assert reader.received == len(said)


def test_a_payload_may_be_text_or_a_document():
    reader = RecordedReader([line(1, payload="tối"), b'{"ts":2,"topic":"t","payload":{"a": [1]}}'])
    assert [one.payload for one in reader.take(10, 0, 0)] == ["tối".encode(), b'{"a": [1]}']


def test_it_knows_the_time_before_the_first_message_is_taken():
    assert RecordedReader([line(17)]).now() == 17


@pytest.mark.parametrize("wrong", [b"nonsense", b'{"ts":9}', b'{"ts":"x","topic":"t","payload":""}', b"\xff", line(4)])
def test_a_wrong_line_is_named_once_all_before_it_are_taken(wrong):
    reader = RecordedReader([line(5), line(6), wrong, line(7)])
    assert len(reader.take(10, 0, 0)) == 2
    with pytest.raises(RecordingError, match="line 3"):
        reader.take(10, 0, 0)
    assert not reader.over

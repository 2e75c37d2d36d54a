"""The websocket by the book of docs/live.md, over a real socket."""

import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from maps import live


@pytest.fixture
def dial(stage):
    return lambda: connect(stage.url.replace("http", "ws") + "/ws/live", compression=None, close_timeout=1)


def until(socket, kind):
    """The next frame of a kind."""
    while True:
        frame = json.loads(socket.recv(timeout=10))
        if frame["type"] == kind:
            return frame


def chatter(socket):
    """Acknowledge and acknowledge."""
    for _ in range(100_000):
        socket.send('{"type":"ack","seq":1}')


def test_a_hello_is_answered_with_the_whole_picture(dial, hello):
    with dial() as socket:
        socket.send(hello(layers=["devices", "alerts"]))
        frame = until(socket, "snapshot")
    assert set(frame["layers"]) == {"devices", "alerts"}
    assert len(frame["layers"]["devices"]["i"]) == 105


def test_a_change_follows_as_a_step_from_the_picture(stage, dial, hello):
    with dial() as socket:
        socket.send(hello())
        first = until(socket, "snapshot")
        stage.presence(7, connected=False)
        step = until(socket, "delta")
    assert step["from"] == first["seq"]
    assert (step["layers"]["devices"]["i"], step["layers"]["devices"]["state"]) == ([7], [3])


def test_coming_back_with_since_needs_no_new_snapshot(stage, dial, hello):
    with dial() as socket:
        socket.send(hello())
        seq = until(socket, "snapshot")["seq"]
    stage.alert(3)
    with dial() as socket:
        socket.send(hello(since=seq))
        step = until(socket, "delta")
    assert step["from"] == seq


def test_a_client_that_takes_compressed_frames_gets_them_and_many_of_them(stage, hello):
    with connect(stage.url.replace("http", "ws") + "/ws/live") as socket:
        socket.send(hello(layers=["devices"]))
        assert [agreed.name for agreed in socket.protocol.extensions] == ["permessage-deflate"]
        assert len(until(socket, "snapshot")["layers"]["devices"]["i"]) == 105
        for number in range(12):  # more than a window: each is drawn and acknowledged
            stage.presence(number, connected=False)
            step = until(socket, "delta")
            assert step["layers"]["devices"]["i"] == [number]
            socket.send(json.dumps({"type": "ack", "seq": step["seq"]}))


def test_beats_come_without_anything_happening(dial, hello):
    with dial() as socket:
        socket.send(hello())
        assert until(socket, "figures")["devices"] == 105
        assert until(socket, "heartbeat")["now"]
        assert until(socket, "heartbeat")["seq"]


def test_nonsense_gets_a_polite_answer_and_the_stream_goes_on(dial, hello):
    with dial() as socket:
        socket.send('{"type":"dance"}')
        assert until(socket, "error")["code"] == "unknown_type"
        socket.send(hello())
        until(socket, "snapshot")
        socket.send("{")
        assert until(socket, "error")["code"] == "not_json"
        socket.send(b"\x00")
        assert until(socket, "error")["code"] == "not_json"
        assert until(socket, "heartbeat")


@pytest.mark.parametrize(
    ("says", "code"), [(["x" * 5000], live.TOO_BIG), (["{}"] * (live.MAX_REFUSALS + 1), live.POLICY)]
)
def test_too_much_nonsense_ends_the_connection(dial, says, code):
    with dial() as socket:
        for text in says:
            socket.send(text)
        with pytest.raises(ConnectionClosed) as end:
            until(socket, "snapshot")
    assert end.value.rcvd.code == code


def test_a_client_that_never_stops_talking_is_sent_away_and_another_is_served(dial, hello):
    with dial() as noisy, dial() as socket:
        noisy.send(hello())
        with pytest.raises(ConnectionClosed) as end:
            chatter(noisy)
        assert end.value.rcvd.code == live.POLICY
        socket.send(hello())
        until(socket, "snapshot")


def test_who_never_says_hello_is_sent_away(dial, monkeypatch):
    monkeypatch.setattr(live, "HELLO_TIMEOUT_S", 0.05)
    with dial() as socket, pytest.raises(ConnectionClosed) as end:
        until(socket, "snapshot")
    assert end.value.rcvd.code == live.POLICY


def test_one_too_many_is_asked_to_try_later(stage, dial, hello):
    stage.hub._max_clients = 0
    with dial() as socket:
        socket.send(hello())
        with pytest.raises(ConnectionClosed) as end:
            until(socket, "snapshot")
    assert end.value.rcvd.code == live.TRY_LATER


def test_a_client_that_left_is_forgotten(stage, dial, hello):
    with dial() as socket:
        socket.send(hello())
        until(socket, "snapshot")
        assert stage.hub.stats()["clients"] == 1
    with dial() as socket:
        socket.send(hello())
        until(socket, "heartbeat")
        until(socket, "heartbeat")
        assert stage.hub.stats()["clients"] == 1

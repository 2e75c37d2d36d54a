"""The straight way of frames: what a client of the book makes of them, and what is heard of it, however it comes."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.uri import parse_uri

from maps.frames import MAX_HELLO, Frame
from maps.wire import EXTENSION, WireProtocol, short_message

URI = parse_uri("ws://localhost/ws/live")
DEFLATES = {
    "plain": None,
    "compressed": [ClientPerMessageDeflateFactory()],
    "compressed, small window": [ClientPerMessageDeflateFactory(server_max_window_bits=9)],
}


class Pipe:
    """The transport between the two ends: what the server wrote, as bytes."""

    def __init__(self):
        self.written = b""
        self.closing = False

    def write(self, data):
        self.written += bytes(data)

    def taken(self):
        taken, self.written = self.written, b""
        return taken

    def is_closing(self):
        return self.closing

    def close(self):
        self.closing = True

    def get_extra_info(self, _name):
        return None

    def pause_reading(self):
        """Nothing comes by itself here."""

    resume_reading = pause_reading


class Ends:
    """A client of the `websockets` library and our server, joined by hand; the app has accepted and listens."""

    def __init__(self, loop, extensions):
        self.heard, self.short = [], 0
        self.pipe = Pipe()
        self.client = ClientProtocol(URI, extensions=extensions)

        async def app(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})
            self.line = scope["extensions"][EXTENSION]["line"]
            self.line.listen(self.hear)
            while (message := await receive())["type"] != "websocket.disconnect":
                self.heard.append(message["text"].encode() if "text" in message else message["bytes"])

        config = Config(app, log_config=None, ws=WireProtocol)
        config.load()
        self.server = WireProtocol(config, ServerState(), {}, loop)
        self.server.connection_made(self.pipe)
        self.client.send_request(self.client.connect())
        self.server.data_received(b"".join(self.client.data_to_send()))
        self.turn(loop)
        self.client.receive_data(self.pipe.taken())
        self.client.events_received()

    def hear(self, message):
        """What came by the straight way."""
        self.heard.append(message)
        self.short += 1

    @staticmethod
    def turn(loop):
        """Let everything that waits go on."""
        for _ in range(5):
            loop.run_until_complete(asyncio.sleep(0))  # noqa: TID251 - one turn of the loop, no time passes

    def read(self):
        """The texts the client got."""
        self.client.receive_data(self.pipe.taken())
        return [event.data.decode() for event in self.client.events_received() if isinstance(event, WireFrame)]

    def end(self, loop):
        """The line is cut."""
        self.server.connection_lost(None)
        self.turn(loop)


@pytest.fixture(scope="module")
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.mark.parametrize("deflate", DEFLATES)
@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=300).map(Frame), max_size=5))
def test_a_client_reads_the_frames_that_were_written_whatever_it_agreed_to(loop, deflate, texts):
    ends = Ends(loop, DEFLATES[deflate])
    ends.line.write(texts)
    assert ends.read() == texts
    ends.end(loop)


KINDS = ["text", "text", "long", "fragments", "ping", "bytes"]
said = st.lists(st.tuples(st.sampled_from(KINDS), st.text(st.characters(codec="utf-8"), max_size=60)), max_size=8)


def say(client, kind, data):
    """One message of a client, as bytes of the wire."""
    if kind == "ping":
        client.send_ping(b"?")
    elif kind == "fragments":
        client.send_text(data[:3], fin=False)
        client.send_continuation(data[3:], fin=True)
    elif kind == "bytes":
        client.send_binary(data)
    else:
        client.send_text(data)
    return b"".join(client.data_to_send())


@pytest.mark.parametrize("deflate", DEFLATES)
@given(said=said, cuts=st.lists(st.integers(1, 2000), max_size=8))
def test_what_a_client_says_is_heard_in_its_order_however_it_is_cut_into_pieces(loop, deflate, said, cuts):
    ends = Ends(loop, DEFLATES[deflate])
    messages = [(kind, (text * (40 if kind == "long" else 1)).encode()) for kind, text in said]
    pieces = [say(ends.client, kind, data) for kind, data in messages]
    stream, at = b"".join(pieces), 0
    whole = [sum(map(len, pieces[: n + 1])) for n in range(len(pieces))]  # most come as they were sent
    for cut in sorted({*whole, *(cut for cut in cuts if cut < len(stream))}):
        ends.server.data_received(stream[at:cut])
        ends.turn(loop)
        at = cut
    assert ends.heard == [data for kind, data in messages if kind != "ping"]
    ends.end(loop)


@pytest.mark.parametrize("deflate", DEFLATES)
def test_an_acknowledgement_takes_the_straight_way_and_nothing_does_before_what_is_older(loop, deflate):
    ends = Ends(loop, DEFLATES[deflate])
    ack = b'{"type":"ack","seq":7}'
    ends.server.data_received(say(ends.client, "text", ack))
    assert (ends.heard, ends.short) == ([ack], 1)
    ends.server.data_received(say(ends.client, "bytes", b"older"))  # nobody has received it yet
    ends.server.data_received(say(ends.client, "text", ack))
    ends.turn(loop)
    assert (ends.heard, ends.short) == ([ack, b"older", ack], 1)
    ends.end(loop)


@given(st.binary(max_size=140), st.booleans())
def test_no_bytes_make_the_straight_way_stumble(data, packed):
    short_message(data, packed=packed)


def test_a_short_message_that_unpacks_to_far_too_much_is_cut_short():
    deflate = ClientPerMessageDeflateFactory().process_response_params([], [])
    bomb = WireFrame(Opcode.TEXT, b"0" * 20_000).serialize(mask=True, extensions=[deflate])
    assert len(bomb) < 126
    assert len(short_message(bomb, packed=True)) == MAX_HELLO + 1

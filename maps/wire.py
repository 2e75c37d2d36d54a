"""uvicorn's websocket with a straight way for the live stream: frames made once go to every socket as they are.

An ASGI server encodes, frames and compresses a message anew for each socket, wakes a task for each, and stops
and starts the reading around each that comes. Here many sockets are sent the same bytes, and little but short
acknowledgements comes back; so the connection, once accepted, is offered to the app as the ASGI extension
`ioc.wire`. Everything else (handshake, pings, closing, long or broken messages) stays as uvicorn does it.

Source: RFC 6455 (framing), RFC 7692 (compression); ASGI 3.0, "Extensions".
"""

import zlib
from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame as WireFrame
from websockets.http11 import Request
from websockets.streams import StreamReader
from websockets.utils import apply_mask

from maps.frames import MAX_HELLO, WINDOW_BITS, Frame

EXTENSION: Final = "ioc.wire"

_TEXT, _PACKED_TEXT, _MASKED, _SHORT = 0x81, 0xC1, 0x80, 126
_SYNC: Final = b"\x00\x00\xff\xff"  # what a sender leaves out after each compressed message


class Line(Protocol):
    """A connection that takes frames as they are; belongs to its loop."""

    @property
    def clear(self) -> bool:
        """Whether it takes more: next to nothing waits in our own buffers, and it is not being closed."""

    def write(self, frames: Sequence[Frame]) -> None:
        """Send these, in this order, at once; whoever writes asks first whether it is clear."""

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """From now on call `hear` with each text message; it may not raise."""


class WireProtocol(WebSocketsSansIOProtocol):
    """A websocket of uvicorn's that is a `Line` besides. Give it to `uvicorn.Config(ws=…)`."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own, handed on
        super().__init__(*given, **named)
        # no memory of earlier messages on either side: a frame compressed once then fits every socket,
        # and a connection costs no window of its own
        self.conn.available_extensions = [
            ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)
        ]
        self.conn.reader = self._reader = _Reader()
        self.conn.parser = self.conn.parse()  # which begins anew, with this reader
        next(self.conn.parser)
        self._hear: Callable[[bytes], None] | None = None
        self._packs = False

    @property
    def clear(self) -> bool:
        """Whether it takes more. To a transport that was closed just now one may write: it drops it."""
        return self.writable.is_set() and not self.close_sent

    def write(self, frames: Sequence[Frame]) -> None:
        """Send these at once, as one piece."""
        self.transport.write(b"".join([frame.packed if self._packs else frame.plain for frame in frames]))

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """From now on call this."""
        self._hear = hear

    def handle_connect(self, event: Request) -> None:
        """Offer the line to the app, which runs after this."""
        super().handle_connect(event)
        self._packs = any(
            isinstance(agreed, PerMessageDeflate) and agreed.local_max_window_bits >= WINDOW_BITS
            for agreed in self.conn.extensions
        )
        if self.response.status_code == 101:
            self.scope["extensions"][EXTENSION] = {"line": self}

    def data_received(self, data: bytes) -> None:
        """An acknowledgement, as nearly all that comes is one, goes past the parser, which takes most of its cost."""
        hear = self._listener()
        if hear is None or not self._reader.between or (said := short_message(data, packed=self._packs)) is None:
            super().data_received(data)
        else:
            hear(said)

    def handle_text(self, event: WireFrame) -> None:
        """A whole message goes to whoever listens."""
        hear = self._listener()
        if hear is None or not event.fin:
            super().handle_text(event)
        else:
            hear(bytes(event.data))

    def _listener(self) -> Callable[[bytes], None] | None:
        """Who listens; `None` also while something older waits to be received, or for its rest."""
        return None if self.frames or self.close_sent or not self.queue.empty() else self._hear


class _Reader(StreamReader):
    """Tells besides when the parser waits for the first byte of a frame."""

    between = False

    def at_eof(self) -> Generator[None, None, bool]:
        """The parser asks this before each frame."""
        self.between = not self.buffer
        ended = yield from super().at_eof()
        self.between = False
        return ended


def short_message(data: bytes, *, packed: bool) -> bytes | None:
    """The text of one whole, final and masked frame of under 126 bytes; `None` of anything else. RFC 6455, 5.2."""
    if len(data) < 6 or data[1] - _MASKED != len(data) - 6 or data[1] >= _MASKED + _SHORT:
        return None
    if data[0] == _TEXT:
        return apply_mask(data[6:], data[2:6])
    if data[0] != _PACKED_TEXT or not packed:
        return None
    try:  # one byte over the limit is enough to be refused for it
        return zlib.decompressobj(-WINDOW_BITS).decompress(apply_mask(data[6:], data[2:6]) + _SYNC, MAX_HELLO + 1)
    except zlib.error:
        return None

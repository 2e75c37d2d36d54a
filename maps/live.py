"""The websocket endpoint of the live stream: reads a hello, then sends what the client's outbox holds.

A thin shell over `maps.hub`; the frames are told in docs/live.md. Who may connect at all is decided
before, by whoever mounts it; what a client may see of it is the `may_see` handed in. It needs a server
whose websockets are a `maps.wire.Line`.
"""

import asyncio
import contextlib
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from maps import frames
from maps.frames import Hello, Refusal
from maps.hub import Client, Hub
from maps.model import MaySee, everything
from maps.wire import EXTENSION, Line

HELLO_TIMEOUT_S = 10.0
MAX_REFUSALS = 20  # then it is a broken or a hostile client
MAX_A_BEAT = 200  # messages; a wall says about ten

GOING_AWAY, POLICY, TOO_BIG, TRY_LATER = 1001, 1008, 1009, 1013


class _Close(Exception):  # noqa: N818 - not an error: the way out
    """The connection is to end, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def serve(websocket: WebSocket, hub: Hub, *, may_see: MaySee = everything) -> None:
    """Serve one client until it leaves or the hub stops."""
    await websocket.accept()
    talk = _Talk(websocket.scope["extensions"][EXTENSION]["line"], hub, may_see)
    listening = asyncio.create_task(_listen(websocket, talk))
    deadline = asyncio.get_running_loop().call_later(HELLO_TIMEOUT_S, talk.late)
    either: tuple[asyncio.Future[Any], ...] = (listening, talk.ended)
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if talk.ended.done():
            await _close(websocket, talk.ended.result())
        else:
            listening.result()
    finally:
        deadline.cancel()
        listening.cancel()
        talk.leave()


async def _listen(websocket: WebSocket, talk: "_Talk") -> None:
    """Until it is gone. Once it has said hello, what it says comes by the line, and here only what is no text."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        text = message.get("text")
        if text is None:
            talk.refuse(Refusal("not_json", "a message is one JSON object in a text frame"))
        else:
            talk.hear(text.encode())


async def _close(websocket: WebSocket, end: Exception) -> None:
    if not isinstance(end, _Close):
        raise end
    if websocket.application_state is not WebSocketState.DISCONNECTED:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it may be gone by now
            await websocket.close(end.code, end.reason)


class _Talk:
    """One conversation: what the client says reaches its outbox, and what that holds the line.

    All of it is called back by the hub, the line and the listener, for every frame: nothing here waits or raises.
    What ends the conversation is put into `ended`.
    """

    def __init__(self, line: Line, hub: Hub, may_see: MaySee) -> None:
        self.ended: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._client: Client | None = None
        self._line, self._hub, self._may_see = line, hub, may_see
        self._refusals = self._said = self._beat = 0

    def flow(self) -> None:
        """Send what there is. Nothing is queued for a line that is not clear: the next `take` is newer instead."""
        try:
            if self._hub.stopping:
                self._end(_Close(GOING_AWAY, "the centre is stopping"))
            elif self._client is not None and self._line.clear and (due := self._client.take()):
                self._line.write(due)
        except Exception as error:  # noqa: BLE001 - one client's trouble ends its own task and nobody else's
            self._end(error)

    def hear(self, message: bytes) -> None:
        """The client said something."""
        try:
            if self._too_much():
                return
            said = frames.hear(message, self._hub.layers)
            if isinstance(said, Refusal):
                self.refuse(said)
            elif isinstance(said, Hello):
                self._ask(said)
            elif self._client is not None:
                self._client.ack(said.seq)
        except Exception as error:  # noqa: BLE001 - as above
            self._end(error)

    def refuse(self, refusal: Refusal) -> None:
        """It said what cannot be used; who does not read what is wrong with it is not told more of it."""
        self._refusals += 1
        if refusal.code == "too_long":
            self._end(_Close(TOO_BIG, refusal.detail))
        elif self._refusals > MAX_REFUSALS:
            self._end(_Close(POLICY, "too many messages that cannot be used"))
        elif self._line.clear:
            self._line.write([frames.error(refusal)])

    def late(self) -> None:
        """It is time to have said hello."""
        if self._client is None:
            self._end(_Close(POLICY, f"no hello within {HELLO_TIMEOUT_S:.0f} s"))

    def leave(self) -> None:
        """It is over."""
        if self._client is not None:
            self._hub.leave(self._client)

    def _too_much(self) -> bool:
        if self._beat != self._hub.beat:
            self._beat, self._said = self._hub.beat, 0
        self._said += 1
        if self._said > MAX_A_BEAT:
            self._end(_Close(POLICY, f"more than {MAX_A_BEAT} messages a second"))
        return self.ended.done()

    def _ask(self, hello: Hello) -> None:
        if self._client is not None:
            self._client.ask(hello)
            return
        self._client = self._hub.join(hello, self._may_see, self.flow)
        if self._client is None:
            self._end(_Close(TRY_LATER, "too many clients"))
            return
        self._line.listen(self.hear)
        self.flow()

    def _end(self, end: Exception) -> None:
        if not self.ended.done():
            self.ended.set_result(end)

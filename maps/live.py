"""The websocket endpoint of the live stream: reads a hello, then sends what the client's outbox holds.

A thin shell over `maps.hub`; the frames are told in docs/live.md. Who may connect at all is decided
before, by whoever mounts it; what a client may see of it is the `may_see` handed in.
"""

import asyncio
import contextlib

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from maps import frames
from maps.frames import Ack, Hello, Refusal
from maps.hub import Client, Hub
from maps.model import MaySee, everything

HELLO_TIMEOUT_S = 10.0
MAX_REFUSALS = 20  # then it is a broken or a hostile client

GOING_AWAY, POLICY, TOO_BIG, TRY_LATER = 1001, 1008, 1009, 1013


class _Close(Exception):  # noqa: N818 - not an error: the way out of both loops
    """The connection is to end, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def serve(websocket: WebSocket, hub: Hub, *, may_see: MaySee = everything) -> None:
    """Serve one client until it leaves or the hub stops."""
    await websocket.accept()
    client: Client | None = None
    try:
        client = _join(hub, await _first_hello(websocket, hub), may_see)
        await _both_ways(websocket, hub, client)
    except _Close as end:
        if websocket.application_state is not WebSocketState.DISCONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it may be gone by now
                await websocket.close(end.code, end.reason)
    except WebSocketDisconnect:
        pass
    finally:
        if client is not None:
            hub.leave(client)


def _join(hub: Hub, hello: Hello, may_see: MaySee) -> Client:
    client = hub.join(hello, may_see)
    if client is None:
        raise _Close(TRY_LATER, "too many clients")
    return client


async def _both_ways(websocket: WebSocket, hub: Hub, client: Client) -> None:
    """Send and listen until the first of them ends; its reason is raised."""
    tasks = [
        asyncio.create_task(_send(websocket, hub, client)),
        asyncio.create_task(_listen(websocket, hub, client)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _send(websocket: WebSocket, hub: Hub, client: Client) -> None:
    """While one frame is on its way nothing is queued behind it: the next `take` is newer instead."""
    while not hub.stopping:
        await client.wake.wait()
        client.wake.clear()
        for frame in client.take():
            await websocket.send_text(frame)
    raise _Close(GOING_AWAY, "the centre is stopping")


async def _listen(websocket: WebSocket, hub: Hub, client: Client) -> None:
    refusals = 0
    while True:
        said = await _hear(websocket, hub)
        if isinstance(said, Ack):
            client.ack(said.seq)
        elif isinstance(said, Hello):
            client.ask(said)
        else:
            refusals += 1
            if refusals > MAX_REFUSALS:
                raise _Close(POLICY, "too many messages that cannot be used")
            await websocket.send_text(frames.error(said))


async def _first_hello(websocket: WebSocket, hub: Hub) -> Hello:
    for _ in range(MAX_REFUSALS):
        try:
            said = await asyncio.wait_for(_hear(websocket, hub), HELLO_TIMEOUT_S)
        except TimeoutError:
            raise _Close(POLICY, f"no hello within {HELLO_TIMEOUT_S:.0f} s") from None
        if isinstance(said, Hello):
            return said
        if isinstance(said, Refusal):
            await websocket.send_text(frames.error(said))
    raise _Close(POLICY, "no hello")


async def _hear(websocket: WebSocket, hub: Hub) -> Hello | Ack | Refusal:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    text = message.get("text")
    if text is None:
        return Refusal("not_json", "a message is one JSON object in a text frame")
    said = frames.hear(text, hub.layers)
    if isinstance(said, Refusal) and said.code == "too_long":
        raise _Close(TOO_BIG, said.detail)
    return said

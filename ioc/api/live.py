"""The door to the live stream: who may look is asked at the beginning, and again while they look."""

import asyncio
from contextlib import suppress
from typing import Final

from fastapi import WebSocket
from fastapi.concurrency import run_in_threadpool
from psycopg import OperationalError

from ioc.api.auth import Viewer, identify
from ioc.api.guard import same_host
from ioc.api.parts import Has
from ioc.api.problems import Problem
from ioc.api.routing import router
from maps.live import POLICY, serve

routes = router("", "live")

ASK_AGAIN_S: Final = 60.0


@routes.websocket("/ws/live")
async def live(websocket: WebSocket, parts: Has, _person: Viewer) -> None:
    """The picture as it changes; the frames are told in docs/live.md."""
    origin = websocket.headers.get("origin")
    if origin is not None and not same_host(origin, websocket.headers):
        raise Problem(403, "this page is of another site", code="foreign_origin")
    if parts.hub is None:
        raise Problem(503, "this process shows no wall")
    serving = asyncio.create_task(serve(websocket, parts.hub))
    try:
        while not (await asyncio.wait({serving}, timeout=ASK_AGAIN_S))[0]:
            if not await run_in_threadpool(_still_may, websocket):
                break
    finally:
        if not serving.done():
            serving.cancel()
            with suppress(asyncio.CancelledError, RuntimeError):
                await serving
            with suppress(RuntimeError):
                await websocket.close(POLICY, "signed out")
    if not serving.cancelled():
        serving.result()


def _still_may(websocket: WebSocket) -> bool:
    """Whether the one looking is still signed in; a database that is away ends no picture."""
    try:
        return identify(websocket) is not None
    except OperationalError:
        return True

"""What serves the walls of `benchmarks/wall.py`, in a process of its own: our hub, or the bare `websockets` broadcast.

`python -m stage.wallserver ours PORT DEVICES UPDATES HZ`, or `… bare PORT BYTES HZ`. The peer that is nothing but two
canvases is served at `/peer/`.
"""

import asyncio
import random
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from websockets.asyncio.server import broadcast
from websockets.asyncio.server import serve as bare_serve

from ingest.model import Admission, Device, Heard, Presence, View
from maps.hub import Hub, epoch_ms
from maps.live import serve
from maps.page import build, security_policy, static_dir, wall_page
from maps.scene import Scene
from maps.wire import WireProtocol
from stage import HERE

NONCE, SITE = "bench", "Thử tải"


def district(count: int) -> list[View]:
    """So many devices in 24 communes, all well."""
    dice, well = random.Random(7), Presence(connected=True, fresh=True, working=True, since=epoch_ms())
    return [
        View(Device(f"b/camera/c{n:05}", Admission.ADMITTED, f"Camera {n}", area=f"xa-{n % 24}",
                    lat=15.5 + (n % 24 // 6) / 10 + dice.gauss(0, 0.02),
                    lon=107.9 + n % 6 / 8 + dice.gauss(0, 0.02)), well)
        for n in range(count)
    ]  # fmt: skip


class Showing(Protocol):
    """Whoever is told of changes."""

    def show(self, heard: Heard) -> None:
        """So many devices changed."""


class Storm:
    """Changes so many devices a second, in steps of a fiftieth of a second, until the process ends."""

    def __init__(self, hub: Showing, views: list[View], a_second: int) -> None:
        self.hub, self.views, self.each, self.dice = hub, views, max(1, a_second // 50), random.Random(9)

    def run(self) -> None:
        """Never ends."""
        idle = threading.Event()
        while not idle.wait(0.02):
            self.step()

    def step(self) -> None:
        """Some devices begin or cease to work."""
        now, changed = epoch_ms(), []
        for _ in range(self.each):
            at = self.dice.randrange(len(self.views))
            view = self.views[at]
            presence = replace(view.presence, working=not view.presence.working, since=now)
            self.views[at] = replace(view, presence=presence)
            changed.append(self.views[at])
        self.hub.show(Heard(now, tuple(changed)))


def ours(port: int, count: int, updates: int, hz: float) -> None:
    """Our wall and its stream."""
    views = district(count)
    hub = Hub(Scene(SITE, first=epoch_ms()), hz=hz, max_clients=5000, build=build())
    hub.show(Heard(epoch_ms(), tuple(views)))

    async def stream(websocket):  # noqa: ANN001, ANN202
        await serve(websocket, hub)

    serve_wall(port, hub, stream, Storm(hub, views, updates).run)


def serve_wall(
    port: int, hub: Hub, stream: Callable[..., object], weather: Callable[[], None], more: Sequence[Route] = ()
) -> None:
    """The wall's page and the few answers of the API it asks for; `weather` runs beside the hub, in a thread."""

    def wall(_request: object) -> HTMLResponse:
        page = wall_page("vi", NONCE, SITE)
        return HTMLResponse(page, headers={"Content-Security-Policy": security_policy(NONCE)})

    @asynccontextmanager
    async def life(_app: object):  # noqa: ANN202
        stop = asyncio.Event()
        ticking = asyncio.create_task(hub.run(stop))
        threading.Thread(target=weather, daemon=True).start()
        yield
        stop.set()
        await ticking

    routes = [
        *more,
        Route("/", wall),
        Route("/api/v1/session", lambda _: JSONResponse({"name": "wall", "role": "viewer", "in_person": False})),
        Route("/api/v1/areas.geojson", lambda _: JSONResponse({"type": "FeatureCollection", "features": []})),
        Route("/api/v1/map/base", lambda _: JSONResponse({"kind": None})),
        WebSocketRoute("/ws/live", stream),
        Mount("/static", StaticFiles(directory=static_dir())),
        Mount("/peer", StaticFiles(directory=HERE / "peers" / "canvas", html=True)),
    ]
    app = Starlette(routes=routes, lifespan=life)
    uvicorn.run(app, port=port, log_level="warning", ws=WireProtocol)


def bare(port: int, size: int, hz: float) -> None:
    """The same bytes to everybody, as fast as the library can; nothing is known of the clients."""
    text = "x" * size

    async def main() -> None:
        joined = set()

        async def handle(websocket):  # noqa: ANN001, ANN202
            joined.add(websocket)
            try:
                await websocket.wait_closed()
            finally:
                joined.discard(websocket)

        async with bare_serve(handle, "127.0.0.1", port, compression=None):
            never = asyncio.Event()
            while True:
                broadcast(joined, text)
                try:
                    await asyncio.wait_for(never.wait(), 1 / hz)
                except TimeoutError:
                    continue

    asyncio.run(main())


if __name__ == "__main__":
    kind, *rest = sys.argv[1:]
    if kind == "ours":
        ours(int(rest[0]), int(rest[1]), int(rest[2]), float(rest[3]))
    else:
        bare(int(rest[0]), int(rest[1]), float(rest[2]))

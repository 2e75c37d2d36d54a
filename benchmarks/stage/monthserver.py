"""Serves the compressed month of `benchmarks/wall.py`: the real hub under many changes, which cuts off whoever looks.

`python -m stage.monthserver PORT DEVICES UPDATES_A_SECOND`. A page's connection is cut as soon as it has acknowledged
one frame after its hello; every tenth time its `since` is forgotten, as by a centre that was restarted, so that it gets
the whole picture. `GET /told` says how much there was.
"""

import asyncio
import random
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.websockets import WebSocket, WebSocketDisconnect

from alerts.model import Alert, Condition, Severity, Transition
from ingest.model import Heard
from maps.hub import Hub, epoch_ms
from maps.live import serve
from maps.page import build
from maps.scene import Scene
from maps.wire import EXTENSION, Line
from stage.wallserver import SITE, Storm, district, serve_wall

HZ = 50.0  # five times as often as the wall's aim: a connection that is cut comes back to news at once
OPEN = 30  # alerts that stand on the wall at a time
CHANGES_AN_ALERT = 500
WHOLE_EVERY = 10


class Month(Storm):
    """Changes devices at a steady rate, and lets alerts come, be acknowledged and go."""

    def __init__(self, hub: Hub, devices: int, a_second: int) -> None:
        super().__init__(hub, district(devices), a_second)
        self._tell = hub.show_alerts
        self.changes = self.alerts = 0
        self._open: deque[Alert] = deque()
        self._dice = random.Random(3)
        hub.show(Heard(epoch_ms(), tuple(self.views)))

    def run(self) -> None:
        """Never ends; what it falls behind it makes up for."""
        idle, began = threading.Event(), monotonic()
        while True:
            self.step()
            self.changes += self.each
            if self.changes >= self.alerts * CHANGES_AN_ALERT:
                self._alarm()
            idle.wait(max(0.0, began + self.changes / self.each / 50 - monotonic()))

    def _alarm(self) -> None:
        now, device = epoch_ms(), self.views[self._dice.randrange(len(self.views))].device
        self.alerts += 1
        fresh = Alert(
            id=f"M{self.alerts:09}", key=f"bench@{self.alerts}", rule="bench", device=device.address,
            severity=Severity.MAJOR, peak_severity=Severity.MAJOR, condition=Condition.FIRING, since=now,
            last_observed=now, area=device.area, title={"vi": "Quá nóng", "en": "Too hot"},
        )  # fmt: skip
        self._open.append(fresh)
        steps = [Transition(fresh, None, "bad", now, "open")]
        if len(self._open) > OPEN:
            old = replace(self._open.popleft(), acked=True, acked_by="lan")
            over = replace(old, condition=Condition.CLEARED, cleared_at=now)
            steps += [Transition(old, Condition.FIRING, "ack", now), Transition(over, Condition.FIRING, "good", now)]
        self._tell(steps)


class Tapped:
    """The line of a page, and somebody who is called when it has acknowledged something."""

    def __init__(self, line: Line, acknowledged: Callable[[], None]) -> None:
        self._line, self._acknowledged = line, acknowledged
        self.write = line.write

    @property
    def clear(self) -> bool:
        """Whether it takes more."""
        return self._line.clear

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """Call this, and tell."""

        def tapped(message: bytes) -> None:
            if b'"ack"' in message:
                self._acknowledged()
            hear(message)

        self._line.listen(tapped)


class Cutter:
    """Serves every connection, and cuts it off once it has shown what it was sent."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.joined = {"page": 0, "wall": 0}

    async def stream(self, websocket: WebSocket) -> None:
        """One connection. Browsers say where a page comes from; walls without a screen do not, and leave unasked."""
        if "origin" not in websocket.headers:
            self.joined["wall"] += 1
            await serve(websocket, self.hub)
            return
        self.joined["page"] += 1
        seen = asyncio.Event()
        forgets = self.joined["page"] % WHOLE_EVERY == 0

        async def receive():  # noqa: ANN202 - a message as ASGI has it
            message = await websocket.receive()
            text = message.get("text") or ""
            if forgets and '"hello"' in text:
                return {**message, "text": text.partition('"since"')[0] + '"since":null}'}
            return message

        line = Tapped(websocket.scope["extensions"][EXTENSION]["line"], seen.set)
        scope = {**websocket.scope, "extensions": {EXTENSION: {"line": line}}}
        serving = asyncio.create_task(serve(WebSocket(scope, receive, websocket.send), self.hub))
        waiting = asyncio.create_task(seen.wait())
        done, late = await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if serving not in done:
            with suppress(WebSocketDisconnect):  # it may have gone of itself
                await websocket.close(1011)


def main(port: int, devices: int, a_second: int) -> None:
    """Serve until killed. The thread of changes must not keep the loop waiting, as many changes would."""
    sys.setswitchinterval(0.0005)
    hub = Hub(Scene(SITE, first=epoch_ms()), hz=HZ, max_clients=5000, build=build())
    month, cutter = Month(hub, devices, a_second), Cutter(hub)

    def told(_request: object) -> JSONResponse:
        return JSONResponse({"changes": month.changes, "alerts": month.alerts, **cutter.joined})

    serve_wall(port, hub, cutter.stream, month.run, [Route("/told", told)])


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))

"""Walls without a screen: how many of them one serving process bears, beside a bare broadcast of as many bytes."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from realparts.processes import dies_with_us, free_port
from websockets.asyncio.client import ClientConnection, connect

from stage import HERE
from stage.costs import cpu_seconds

HELLO = '{"type":"hello","layers":["devices","areas"]}'
ACK_EVERY, ACK_S = 3, 0.5  # frames drawn, or seconds, after which a wall acknowledges
SLOW_S = 3.0  # how long a slow wall takes to draw a frame


@dataclass(frozen=True, slots=True)
class Load:
    """What the walls look at."""

    devices: int = 20_000
    updates: int = 1_000
    hz: float = 10.0


@dataclass(frozen=True, slots=True)
class FanOut:
    """What so many walls cost their server: to join, each, and to look. `alone` is the scene with nobody looking."""

    walls: int
    frames: int
    bytes_a_frame: int
    bytes_a_wall_s: float
    join_ms: float
    cpu_pct: float
    alone_pct: float
    a_core: float
    bare_a_core: float

    @property
    def ratio(self) -> float:
        """Frames a core beside the bare broadcast's."""
        return self.a_core / self.bare_a_core


@contextmanager
def serving(*words: object, port: int, module: str = "stage.wallserver") -> Iterator[int]:
    """A process that serves at a port, ready; gives its number."""
    command = [*dies_with_us("KILL"), sys.executable, "-m", module, *map(str, words)]
    env = {"PYTHONPATH": f"{HERE}:{HERE.parent}", "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, cwd=HERE, env=env) as process:
        try:
            until_open(port)
            yield process.pid
        finally:
            process.kill()


def until_open(port: int) -> None:
    """Wait until somebody listens there."""
    idle = threading.Event()
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            idle.wait(0.1)
        else:
            return
    raise RuntimeError(f"nobody listens at port {port}")


def fan_out(load: Load, walls: int, seconds: float) -> FanOut:
    """Frames a CPU second of the server, ours, then the bare broadcast's of as many bytes a frame."""
    ours = ("ours", port := free_port(), load.devices, load.updates, load.hz)
    with serving(*ours, port=port) as server:
        before = cpu_seconds(server)
        threading.Event().wait(seconds)
        alone = cpu_seconds(server) - before
        crowd = Crowd(f"ws://127.0.0.1:{port}/ws/live", server, acknowledges=True)
        asyncio.run(crowd.look(walls, seconds))
    mean = crowd.size // max(crowd.frames, 1)
    with serving("bare", port := free_port(), mean, load.hz, port=port) as server:
        bare = Crowd(f"ws://127.0.0.1:{port}/", server, acknowledges=False)
        asyncio.run(bare.look(walls, seconds))
    return FanOut(
        walls, crowd.frames, mean, crowd.size / walls / seconds, 1000 * crowd.joining_s / walls,
        100 * crowd.cpu_s / seconds, 100 * alone / seconds, crowd.frames / max(crowd.cpu_s - alone, 0.01),
        bare.frames / max(bare.cpu_s, 0.01),
    )  # fmt: skip


class Counted(ClientConnection):
    """A websocket that counts what comes over the wire, as it comes: compressed, where the server compresses."""

    came = 0

    def data_received(self, data: bytes) -> None:
        """Count it."""
        self.came += len(data)
        super().data_received(data)

    def taken(self) -> int:
        """So many bytes since this was last asked."""
        came, self.came = self.came, 0
        return came


class Crowd:
    """Many walls at one address. They are counted once all have their first frame; what joining cost stands apart."""

    def __init__(self, url: str, server: int, *, acknowledges: bool) -> None:
        self._url, self._server, self._acknowledges = url, server, acknowledges
        self.frames = self.size = self._here = 0
        self.cpu_s = self.joining_s = 0.0

    async def look(self, walls: int, seconds: float) -> None:
        """Join, look for so long, leave."""
        before = cpu_seconds(self._server)
        tasks = [asyncio.create_task(self._wall(number)) for number in range(walls)]
        while self._here < walls:
            await asyncio.sleep(0.1)  # noqa: TID251 - nothing tells that the last of them has its picture
            if ended := [task for task in tasks if task.done()]:
                ended[0].result()
        began = cpu_seconds(self._server)
        self.joining_s = began - before
        self.frames = self.size = 0
        await asyncio.sleep(seconds)  # noqa: TID251 - for so long it is measured
        self.cpu_s = cpu_seconds(self._server) - began
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wall(self, number: int) -> None:
        stream = await connect(self._url, create_connection=Counted, max_size=None, open_timeout=60)
        acks = Acks(stream)
        if self._acknowledges:
            await stream.send(HELLO)
        first = True
        async for text in stream:
            self._here += first
            self.frames += 1
            self.size += stream.taken()
            if self._acknowledges and (seq := number_of(str(text))):
                if number % 2 and not first:
                    await asyncio.sleep(SLOW_S)  # noqa: TID251 - this wall is slow
                acks.drew(seq)
            first = False


class Acks:
    """When a wall acknowledges: as `maps/static/ioc/stream.js` does."""

    def __init__(self, stream: ClientConnection) -> None:
        self._stream, self._loop = stream, asyncio.get_running_loop()
        self._owed, self._seq, self._at = 0, "", 0.0
        self._late: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    def drew(self, seq: str) -> None:
        """It drew this frame."""
        self._seq = seq
        self._owed += 1
        if self._owed >= ACK_EVERY or self._loop.time() - self._at >= ACK_S:
            self._ack()
        elif self._late is None:
            self._late = self._loop.call_later(ACK_S, self._ack)

    def _ack(self) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late, self._owed, self._at = None, 0, self._loop.time()
        self._sending = asyncio.ensure_future(self._stream.send(f'{{"type":"ack","seq":{self._seq}}}'))


def number_of(text: str) -> str | None:
    """The number that a picture or a step must be acknowledged with; other frames have none to acknowledge."""
    if not text.startswith(('{"type":"snap', '{"type":"delta')):
        return None
    return text.partition('"seq":')[2].partition(",")[0]

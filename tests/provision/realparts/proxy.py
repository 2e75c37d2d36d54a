"""A TCP proxy between two parts that misbehaves on demand: late, narrow, hung (one way or both), cut, closed, corrupt.

It knows no protocol. It runs in a thread of its own; what it is told holds from the next bytes on.
"""

import asyncio
import random
import threading
from contextlib import suppress
from typing import Literal, Self

_CHUNK = 1 << 16
_STEP_S = 0.02
_WAYS = ("there", "back")
Way = Literal["there", "back"]


class Proxy:
    """Listens on a free port of 127.0.0.1 and passes bytes both ways. As a context it ends with it."""

    host = "127.0.0.1"

    def __init__(self, to_port: int, seed: int = 1) -> None:
        self.delay_s = 0.0
        """How late each piece arrives."""
        self.bytes_per_s: float | None = None
        """How much passes in a second, each way of each connection."""
        self.flip_every: int | None = None
        """One byte about every so many is changed, in either direction."""
        self.open = True
        """Whether new connections are passed on; else they are closed at once."""
        self.flipped = self.cuts = 0
        self._to, self._dice = to_port, random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = threading.Event()
        self._flowing = {way: asyncio.Event() for way in _WAYS}
        self._ending = asyncio.Event()
        self.port = 0

    def __enter__(self) -> Self:
        for flowing in self._flowing.values():
            flowing.set()
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError("the proxy does not listen")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(10)

    def cut(self) -> None:
        """End every connection now, without a goodbye."""
        self._loop.call_soon_threadsafe(self._cut)

    def hang(self, *ways: Way) -> None:
        """Hold what comes: connections stay, and nothing passes until `flow`; one way only where one is named.

        `there` is from whoever connected towards the part behind, `back` its answers.
        """
        for way in ways or _WAYS:
            self._loop.call_soon_threadsafe(self._flowing[way].clear)

    def flow(self) -> None:
        """Let what was held pass."""
        for flowing in self._flowing.values():
            self._loop.call_soon_threadsafe(flowing.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._meet, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._ending.wait()
        server.close()
        self._cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.open:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(self.host, self._to)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, back}
        self._writers |= ends
        for source, target, way in ((reader, back, "there"), (there, writer, "back")):
            task = asyncio.ensure_future(self._pass(source, target, ends, self._flowing[way]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, ends: set, flowing: asyncio.Event
    ) -> None:
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        deliver = asyncio.ensure_future(self._deliver(late, target, flowing))
        try:
            with suppress(OSError):
                while data := await source.read(_CHUNK):
                    await late.put((self._loop.time() + self.delay_s, self._spoil(data)))
            await late.put((self._loop.time() + self.delay_s, b""))
            await deliver
        finally:
            deliver.cancel()
            for writer in ends:
                writer.transport.abort()
            self._writers -= ends

    async def _deliver(
        self, late: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while True:
                due, data = await late.get()
                await self._pause(due - self._loop.time())
                await flowing.wait()
                if not data:
                    break
                while data:  # told anew at each piece: a line may become narrow, or wide, in the middle
                    room = len(data) if self.bytes_per_s is None else max(1, int(self.bytes_per_s * _STEP_S))
                    piece, data = data[:room], data[room:]
                    target.write(piece)
                    await target.drain()
                    if self.bytes_per_s is not None:
                        await self._pause(len(piece) / self.bytes_per_s)
        target.transport.abort()  # so that whoever reads for it ends too

    async def _pause(self, seconds: float) -> None:
        """Let time pass; not beyond the proxy's own end."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), seconds)

    def _spoil(self, data: bytes) -> bytes:
        if self.flip_every is None or self._dice.random() >= len(data) / self.flip_every:
            return data
        self.flipped += 1
        spoiled = bytearray(data)
        spoiled[self._dice.randrange(len(data))] ^= 1 << self._dice.randrange(8)
        return bytes(spoiled)

    def _cut(self) -> None:
        self.cuts += 1
        for writer in list(self._writers):
            writer.transport.abort()

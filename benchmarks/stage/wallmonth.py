"""A month of a wall, compressed into minutes, and what memory it leaves taken in the server and in the browser.

Compressed is: ten million changes and ten thousand reconnects of a page come one after the other as fast as they go;
the page's waits before it tries again, of two seconds and more, last a hundredth; the server ticks 50 times a second.
The hub, its websocket, the page and its stream are the real ones.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import combinations
from statistics import mean, median

import httpx
from realparts.processes import free_port
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from stage import unwatched
from stage.costs import resident_mib
from stage.walls import HELLO, number_of, serving

HURRY = """{ const wait = window.setTimeout;
window.setTimeout = (act, ms, ...more) => wait(act, ms >= 900 ? ms / 100 : ms, ...more); }"""
POINTS, WARMING = 16, 4  # how often memory is looked at; how many of these do not count yet
LOOKS = 3
WALLS, FRAMES_A_STAY = 4, 5
RATE = 12_000  # changes a second: about as long as the reconnects take


@dataclass(frozen=True, slots=True)
class Point:
    """Memory at a time of the month; the heap after collection."""

    changes: int
    alerts: int
    reconnects: int
    others: int
    server_mib: float
    heap_mb: float
    page_mb: float
    nodes: int


def live(devices: int, changes: int, reconnects: int) -> list[Point]:
    """Live the month; one point for each sixteenth of it, the first without anything done yet."""
    port, points, idle = free_port(), [], threading.Event()
    served = serving(port, devices, RATE, port=port, module="stage.monthserver")
    with served as server, others(port), unwatched.browser() as page:
        page.open(f"http://127.0.0.1:{port}/", HURRY, "body[data-seq]")
        for due in range(POINTS + 1):
            told = _told(port)
            while told["changes"] < changes * due // POINTS or told["page"] - 1 < reconnects * due // POINTS:
                idle.wait(0.25)
                told = _told(port)
            left = _least(page, idle)
            points.append(
                Point(told["changes"], told["alerts"], told["page"] - 1, told["wall"], resident_mib(server),
                      left.heap_mb, left.resident_mb, left.nodes)
            )  # fmt: skip
    return points


def _least(page: unwatched.Unwatched, idle: threading.Event) -> unwatched.Memory:
    """The least of some looks at the page: what it always holds, and not the whole picture that it just takes in."""
    looks = []
    for _ in range(LOOKS):
        looks.append(page.memory())
        idle.wait(1)
    return unwatched.Memory(
        min(look.heap_mb for look in looks), min(look.resident_mb for look in looks), min(look.nodes for look in looks)
    )


def _told(port: int) -> dict[str, int]:
    return dict(httpx.get(f"http://127.0.0.1:{port}/told", timeout=30).json())


def growth(points: Sequence[Point], field: str) -> tuple[float, float]:
    """How much a line through the points after the warm-up rises from its beginning to its end; their mean.

    Its slope is the median of those between any two points (Theil and Sen): a whole picture on its way to somebody is
    a spike, not growth.
    """
    counted = [(point.changes, getattr(point, field)) for point in points[WARMING:]]
    slopes = [(later - earlier) / (at - before) for (before, earlier), (at, later) in combinations(counted, 2)]
    return median(slopes) * (counted[-1][0] - counted[0][0]), mean(value for _, value in counted)


@contextmanager
def others(port: int) -> Iterator[None]:
    """Walls without a screen that come, look at a few frames and go, every second time knowing where they stood."""
    stop = threading.Event()

    async def wall() -> None:
        since = last = "null"
        while not stop.is_set():
            with suppress(ConnectionClosed, OSError):
                async with connect(f"ws://127.0.0.1:{port}/ws/live", compression=None, max_size=None) as stream:
                    await stream.send(HELLO[:-1] + f',"since":{since}}}')
                    for _ in range(FRAMES_A_STAY):
                        if seq := number_of(str(await stream.recv())):
                            await stream.send(f'{{"type":"ack","seq":{seq}}}')
                            last = seq
            since = last if since == "null" else "null"
            await asyncio.sleep(0.5)  # noqa: TID251 - so many stays a second

    async def all_of_them() -> None:
        await asyncio.gather(*(wall() for _ in range(WALLS)))

    thread = threading.Thread(target=lambda: asyncio.run(all_of_them()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()

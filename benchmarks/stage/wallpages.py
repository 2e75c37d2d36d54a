"""The pages that show the same devices and changes: our wall, the least that can be drawn, a broker's, Node-RED's."""

import math
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as TooLate
from realparts.mosquitto import Mosquitto
from realparts.processes import dies_with_us, free_port

from stage import nodered
from stage.chromium import Look, Watched, fresh_page, place
from stage.costs import cpu_seconds
from stage.walls import Load, serving, until_open

LEAST_FPS = 5.0  # with fewer frames nobody would say that it draws
SHARES = (0.5, 0.95, 0.99)
# Our page tells nobody when a change is on the screen: this notes the times of all changes that a delta brings, and
# hands them on at the drawing that shows them.
NOTE = """() => {
  const fold = IOC.devices.picture.constructor.prototype.fold;
  let fresh = [];
  IOC.devices.picture.constructor.prototype.fold = function (frame) {
    if (frame.type === "delta") fresh = fresh.concat(frame.layers.devices?.since ?? []);
    return fold.call(this, frame); };
  IOC.devices.on("drawn-high", () => { bench.drawn(fresh, 1); fresh = []; });
}"""
NOTE_WORLDMAP = """() => {
  const set = window.setMarker;
  let fresh = [];
  window.setMarker = (data) => {
    set(data);
    if (!data.since) return;
    if (!fresh.length) requestAnimationFrame(() => { bench.drawn(fresh, 1); fresh = []; });
    fresh.push(data.since); };
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one page was seen to do at rest, dragged by a mouse, and moved anew for every frame."""

    devices: int
    draws: bool
    rest: Look | None = None
    drag: Look | None = None
    step: Look | None = None
    p50_ms: float = math.nan  # from a change until it is on the screen, at rest
    p95_ms: float = math.nan
    p99_ms: float = math.nan
    heap_mb: float = math.nan
    resident_mb: float = math.nan


@dataclass(frozen=True, slots=True)
class Showing:
    """One way to show the district in a browser."""

    name: str
    open: Callable[[Browser, Load], AbstractContextManager[Watched]]


def see(browser: Browser, showing: Showing, load: Load, seconds: float) -> Seen:
    """Look at one page for three times so long."""
    with showing.open(browser, load) as watched:
        watched.rest(3)
        rest = watched.look(lambda: watched.rest(seconds))
        waits = watched.waits()
        drag = watched.look(lambda: watched.drag(seconds))
        step = watched.look(lambda: watched.step(seconds))
        return Seen(load.devices, rest.fps >= LEAST_FPS, rest, drag, step, *(place(waits, share) for share in SHARES),
                    watched.heap_mb(), watched.resident_mb())  # fmt: skip


def try_to_see(browser: Browser, showing: Showing, load: Load, seconds: float) -> Seen:
    """The same of a page that may have bitten off more than it can chew."""
    try:
        return see(browser, showing, load, seconds)
    except TooLate:
        return Seen(load.devices, draws=False)


@contextmanager
def ours(browser: Browser, load: Load) -> Iterator[Watched]:
    """Our wall: map, crowds, labels, areas, figures, list."""
    with serving("ours", port := free_port(), load.devices, load.updates, load.hz, port=port) as server:
        page = fresh_page(browser, f"http://127.0.0.1:{port}/")
        page.locator("body[data-seq]").wait_for(timeout=60_000)
        page.evaluate(NOTE)
        with _closing(page):
            yield Watched(page, "IOC.devices._map", lambda: cpu_seconds(server))


@contextmanager
def two_canvases(browser: Browser, load: Load) -> Iterator[Watched]:
    """The study's form of a canvas on a bare map, fed by our stream."""
    with serving("ours", port := free_port(), load.devices, load.updates, load.hz, port=port) as server:
        page = fresh_page(browser, f"http://127.0.0.1:{port}/peer/?from=stream")
        page.locator("body[data-ready]").wait_for(state="attached", timeout=60_000)
        with _closing(page):
            yield Watched(page, "map", lambda: cpu_seconds(server))


@contextmanager
def broker(browser: Browser, load: Load) -> Iterator[Watched]:
    """The same page, fed by Mosquitto's own websocket listener."""
    with fed_broker(load) as (server, listener, port):
        address = f"http://127.0.0.1:{port}/peer/?from=broker&port={listener}&devices={load.devices}"
        page = fresh_page(browser, address)
        page.locator("body[data-ready]").wait_for(state="attached", timeout=60_000)
        with _closing(page):
            yield Watched(page, "map", lambda: cpu_seconds(server))


@contextmanager
def fed_broker(load: Load) -> Iterator[tuple[int, int, int]]:
    """A Mosquitto that is told of every change: its process, its websocket's port, the page's port."""
    with ExitStack() as stops:
        folder = Path(stops.enter_context(tempfile.TemporaryDirectory(prefix="ioc-bench-")))
        listener, port = free_port(), free_port()
        mosquitto = Mosquitto(folder, f"listener {listener} 127.0.0.1\nprotocol websockets\n")
        stops.callback(mosquitto.stop)
        mosquitto.start()
        assert mosquitto.process is not None
        words = (port, mosquitto.port, load.devices, load.updates)
        stops.enter_context(serving(*words, port=port, module="stage.brokerfeed"))
        yield mosquitto.process.pid, listener, port


@contextmanager
def worldmap(browser: Browser, load: Load) -> Iterator[Watched]:
    """Node-RED with its map, clustered as one sets it for many devices."""
    with node_red(load) as (server, port):
        page = fresh_page(browser, f"http://127.0.0.1:{port}/worldmap/")
        with _closing(page):
            page.wait_for_function(f"Object.keys(window.markers ?? {{}}).length >= {load.devices}", timeout=90_000)
            page.wait_for_timeout(3000)
            page.evaluate(NOTE_WORLDMAP)
            yield Watched(page, "map", lambda: cpu_seconds(server))


@contextmanager
def node_red(load: Load) -> Iterator[tuple[int, int]]:
    """A Node-RED that serves its map: its process and its port."""
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as name:
        folder, port = Path(name), free_port()
        (folder / "node_modules").symlink_to(nodered.installed("worldmap"))
        known = {"BENCH_PORT": str(port), "BENCH_DEVICES": str(load.devices), "BENCH_UPDATES": str(load.updates)}
        command = [*dies_with_us("KILL"), *nodered.command(folder, "worldmap")]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, cwd=folder, env={**os.environ, **known}, stdout=log, stderr=log)
        try:
            until_open(port)
            yield process.pid, port
        finally:
            process.kill()
            process.wait()


@contextmanager
def _closing(page: Page) -> Iterator[None]:
    try:
        yield
    finally:
        page.context.close()


OURS = Showing("this wall", ours)
TWO_CANVASES = Showing("two canvases, bare", two_canvases)
BROKER = Showing("Mosquitto's websocket", broker)
WORLDMAP = Showing("Node-RED worldmap", worldmap)

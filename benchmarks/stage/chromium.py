"""Pages in Chromium without a graphics card, and what they cost: frames a second, main-thread time, memory.

Every host but 127.0.0.1 is unknown to it, so that no page of anybody fetches anything from elsewhere.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from realparts import places

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # fmt: skip
WIDE = {"width": 1920, "height": 1080}
# In every page before its own scripts: counts frames and the bytes of its websockets. `drawn` is told the times of the
# changes in a drawing, and how many animation frames later that drawing is on the screen.
COUNT = """
window.bench = { gaps: [], bytes: 0, waits: [], last: performance.now() };
bench.drawn = (times, frames) => {
  if (frames) requestAnimationFrame(() => bench.drawn(times, frames - 1));
  else for (const time of times) bench.waits.push(Date.now() - time);
};
requestAnimationFrame(function tick(now) {
  bench.gaps.push(now - bench.last);
  bench.last = now;
  requestAnimationFrame(tick);
});
window.WebSocket = class extends WebSocket {
  constructor(...words) {
    super(...words);
    this.addEventListener("message", ({ data }) => { bench.bytes += data.length ?? data.byteLength ?? data.size; });
  }
};
"""
# The map moved anew for every frame, each move as if it were the last: everything is drawn again each time.
STEPS = """async ([map, seconds]) => {
  const until = performance.now() + seconds * 1000;
  for (let n = 0; performance.now() < until; n++) {
    map.panBy([Math.sin(n / 20) * 14, Math.cos(n / 20) * 9], { animate: false });
    await new Promise((done) => requestAnimationFrame(done));
  } }"""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen for a while: frames a second, how long the slowest twentieth took, the main thread's time."""

    fps: float
    p95_ms: float
    main_pct: float
    browser_pct: float
    server_pct: float
    bytes_s: float


class Watched:
    """A page that is looked at. `leaflet` says where its map is, `server_cpu` what the page has cost its server."""

    def __init__(self, page: Page, leaflet: str, server_cpu: Callable[[], float]) -> None:
        self.page, self.leaflet, self.server_cpu = page, leaflet, server_cpu
        self._thread: CDPSession = page.context.new_cdp_session(page)
        self._thread.send("Performance.enable")
        assert page.context.browser is not None
        self._browser = page.context.browser.new_browser_cdp_session()

    def look(self, act: Callable[[], object]) -> Look:
        """Measure while something is done."""
        self.page.evaluate("bench.gaps.length = 0; bench.bytes = 0; bench.waits.length = 0")
        before, began = self._costs(), perf_counter()
        act()
        took = perf_counter() - began
        main, browser, server = (100 * (now - then) / took for now, then in zip(self._costs(), before, strict=True))
        gaps, size = self.page.evaluate("[bench.gaps, bench.bytes]")
        return Look(len(gaps) / took, place(sorted(gaps), 0.95), main, browser, server, size / took)

    def rest(self, seconds: float) -> None:
        """Nobody touches it."""
        self.page.wait_for_timeout(seconds * 1000)

    def drag(self, seconds: float) -> None:
        """Strokes of a real mouse, to and fro, a second each, sixty moves a second."""
        until, way, mouse = perf_counter() + seconds, 1, self.page.mouse
        while (began := perf_counter()) < until:
            x, y = 960 - way * 240, 540 - way * 90
            mouse.move(x, y)
            mouse.down()
            while (share := perf_counter() - began) < 1:
                mouse.move(x + way * 480 * share, y + way * 180 * share + 30 * math.sin(6 * share))
                self.page.wait_for_timeout(max(0.0, 16 - 1000 * ((perf_counter() - began) - share)))
            mouse.up()
            way = -way

    def step(self, seconds: float) -> None:
        """Moved anew for every frame."""
        self.page.evaluate(f"(seconds) => ({STEPS})([{self.leaflet}, seconds])", seconds)

    def waits(self) -> list[float]:
        """How long each change waited for the screen since the look began, in order of length."""
        return sorted(self.page.evaluate("bench.waits"))

    def heap_mb(self) -> float:
        """JavaScript's heap after collection."""
        self._thread.send("HeapProfiler.collectGarbage")
        return float(self._thread.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def resident_mb(self) -> float:
        """Resident memory of the processes that hold pages."""
        return renderers_mb(self._processes())

    def _processes(self) -> list[dict[str, Any]]:
        return list(self._browser.send("SystemInfo.getProcessInfo")["processInfo"])

    def _costs(self) -> tuple[float, float, float]:
        metrics = {each["name"]: each["value"] for each in self._thread.send("Performance.getMetrics")["metrics"]}
        return metrics["TaskDuration"], sum(each["cpuTime"] for each in self._processes()), self.server_cpu()


def renderers_mb(processes: Iterable[Mapping[str, Any]]) -> float:
    """Resident memory of those that hold pages, of what `SystemInfo.getProcessInfo` names."""
    pids = [each["id"] for each in processes if each["type"] == "renderer"]
    rows = [row for pid in pids for row in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1000


@contextmanager
def browsers() -> Iterator[Browser]:
    """A Chromium of our own."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(places.chromium()), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def fresh_page(browser: Browser, url: str, size: dict[str, int] = WIDE) -> Page:
    """A page that was opened in a context of its own."""
    page = browser.new_context(viewport=size).new_page()  # type: ignore[arg-type]
    page.add_init_script(COUNT)
    page.goto(url)
    return page


def place(values: list[float], share: float) -> float:
    """The value below which so large a share of them lies; of none, nothing."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else math.nan

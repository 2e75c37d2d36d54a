"""A page in a Chromium that nobody debugs, but for a moment now and then.

A debugger that stays attached keeps notes of every request in the process of the page: what that process holds in
memory then says nothing of the page.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import httpx
from realparts import places
from realparts.processes import dies_with_us
from websockets.sync.client import ClientConnection, connect

from stage.chromium import FLAGS, renderers_mb


class Memory(NamedTuple):
    """What a page holds: JavaScript's heap after collection, its process, and the nodes of its documents."""

    heap_mb: float
    resident_mb: float
    nodes: int


class Unwatched:
    """The page; `port` is where its browser lets itself be debugged."""

    def __init__(self, port: int) -> None:
        self._port = port

    def memory(self) -> Memory:
        """Attach, look and leave."""
        with self._attached() as page:
            _ask(page, "HeapProfiler.collectGarbage")
            heap = _ask(page, "Runtime.getHeapUsage")["usedSize"]
            nodes = _ask(page, "Memory.getDOMCounters")["nodes"]
        return Memory(heap / 1e6, self._resident_mb(), nodes)

    def open(self, url: str, script: str, shows: str) -> None:
        """Go there, with a script before the page's own, and wait until the page has what the selector names."""
        with self._attached() as page:
            _ask(page, "Page.enable")
            _ask(page, "Page.addScriptToEvaluateOnNewDocument", source=script)
            _ask(page, "Page.navigate", url=url)
            found = f"document.querySelector({json.dumps(shows)}) !== null"
            for _ in range(600):
                if _ask(page, "Runtime.evaluate", expression=found)["result"].get("value"):
                    return
                Event().wait(0.1)
        raise RuntimeError(f"{url} never showed {shows}")

    @contextmanager
    def _attached(self) -> Iterator[ClientConnection]:
        targets = httpx.get(f"http://127.0.0.1:{self._port}/json").json()
        page = next(each for each in targets if each["type"] == "page")
        with connect(page["webSocketDebuggerUrl"], max_size=None) as session:
            yield session

    def _resident_mb(self) -> float:
        browser = httpx.get(f"http://127.0.0.1:{self._port}/json/version").json()
        with connect(browser["webSocketDebuggerUrl"]) as session:
            return renderers_mb(_ask(session, "SystemInfo.getProcessInfo")["processInfo"])


@contextmanager
def browser() -> Iterator[Unwatched]:
    """A Chromium with one empty page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        words = [
            *FLAGS,
            "--headless",
            "--window-size=1920,1080",
            f"--user-data-dir={home}",
            "--remote-debugging-port=0",
        ]
        command = [*dies_with_us("KILL"), str(places.chromium()), *words, "about:blank"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                yield Unwatched(_port(Path(home) / "DevToolsActivePort"))
            finally:
                process.kill()


def _port(told: Path) -> int:
    for _ in range(300):
        if told.exists() and (words := told.read_text().split()):
            return int(words[0])
        Event().wait(0.1)
    raise RuntimeError("Chromium does not start")


def _ask(session: ClientConnection, method: str, **facts: object) -> dict[str, Any]:
    session.send(json.dumps({"id": 1, "method": method, "params": facts}))
    while (said := json.loads(session.recv(timeout=60))).get("id") != 1:  # events come between
        pass
    if "error" in said:
        raise RuntimeError(f"{method}: {said['error']['message']}")
    return dict(said["result"])

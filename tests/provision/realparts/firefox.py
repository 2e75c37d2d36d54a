"""A headless Firefox spoken to over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it brings itself.

So the browser as distributions ship it is enough: no driver program, no build of its own. It reaches nobody but this
machine: everything else goes to a proxy that is not there.
"""

import json
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from realparts import places
from realparts.processes import Server, dies_with_us
from websockets.sync.client import ClientConnection, connect

PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c"}


class Firefox(Server):
    """One browser with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        binary = places.firefox()
        if binary is None:
            raise FileNotFoundError(places.PARTS["firefox"].lacking())
        profile = folder / "profile"
        profile.mkdir()
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
        (profile / "user.js").write_text("".join(lines))
        command = [
            *dies_with_us("KILL"), str(binary), "--headless", "--no-remote", "--profile", str(profile),
            "--remote-debugging-port=0", "about:blank",
        ]  # fmt: skip
        super().__init__("firefox", command, folder, ready="BiDi listening on ws://", stop=signal.SIGTERM)

    @contextmanager
    def tab(self, width: int, height: int) -> "Iterator[Tab]":
        """The browser's tab, of this size; one at a time."""
        found = re.search(r"BiDi listening on (ws://[\d.:]+)", self.log.read_text(errors="replace"))
        assert found is not None
        with connect(f"{found[1]}/session", max_size=None, proxy=None) as link:
            opened = Tab(link, width, height)
            yield opened
            opened.leave()
            opened.ask("session.end")


class Tab:
    """A page under remote control; `faults` are errors it logged and requests for other hosts."""

    def __init__(self, link: ClientConnection, width: int, height: int) -> None:
        self._link, self._numbers, self._host = link, count(1), "about:"
        self.faults: list[str] = []
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self._context = self.ask("browsingContext.getTree")["contexts"][0]["context"]
        self.ask("browsingContext.setViewport", context=self._context, viewport={"width": width, "height": height})

    def ask(self, method: str, **params: Any) -> Any:
        """The browser's answer to one command; what it tells meanwhile is noted."""
        number = next(self._numbers)
        self._link.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._link.recv())
            if told["type"] == "event":
                self._note(told["method"], told["params"])
            elif told["id"] == number:
                assert told["type"] == "success", told
                return told["result"]

    def leave(self) -> None:
        """Leave the page, so that it asks for nothing more."""
        self.ask("browsingContext.navigate", context=self._context, url="about:blank", wait="complete")

    def open(self, host: str, path: str) -> None:
        """Go to a page and wait until it is loaded."""
        self._host = host
        self.ask("browsingContext.navigate", context=self._context, url=host + path, wait="complete")

    def evaluate(self, script: str) -> Any:
        """The value of an expression, as JSON has it; a promise is waited for."""
        told = self.ask(
            "script.evaluate", expression=f"(async () => JSON.stringify(await ({script})))()", awaitPromise=True,
            target={"context": self._context},
        )  # fmt: skip
        assert told["type"] == "success", told
        return json.loads(told["result"].get("value") or "null")

    def until(self, script: str) -> None:
        """Wait until an expression is true, looking whenever the page draws."""
        look = f"() => {{ try {{ return {script}; }} catch {{ return false; }} }}"
        self.evaluate(f"new Promise((done) => {{ const look = {look}; const again = () => (look() ? done(1) : "
                      "setTimeout(again, 50)); again(); })")  # fmt: skip

    def press(self, keys: Sequence[str]) -> None:
        """Press keys one after another: letters, or names of `KEYS`."""
        strokes = [{"type": way, "value": KEYS.get(key, key)} for key in keys for way in ("keyDown", "keyUp")]
        self.ask(
            "input.performActions", context=self._context, actions=[{"type": "key", "id": "k", "actions": strokes}]
        )

    def _note(self, event: str, told: dict[str, Any]) -> None:
        if event == "log.entryAdded" and told["level"] == "error":
            self.faults.append(f"error: {told['text']}")
        elif event == "network.beforeRequestSent":
            url = told["request"]["url"]
            local = (self._host, self._host.replace("http", "ws", 1), "data:", "about:", "chrome:", "resource:")
            if told.get("context") == self._context and not url.startswith(local):
                self.faults.append(f"off host: {url}")

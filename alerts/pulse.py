"""Sends the heartbeat: a thread of its own asks `alerts.heartbeat` at each period, and beats or stays silent.

Shell. It never beats of its own accord: what it knows of the engine is only what the engine's own tick has told it.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final, Literal

import httpx

from alerts.errors import AlertsError
from alerts.heartbeat import Vitals, ailment, watchdog
from alerts.posting import TIMEOUT

Form = Literal["ping", "alertmanager"]

LOGGED_EVERY: Final = 30  # silent periods between two lines in the log

log = logging.getLogger(__name__)


class Pulse:
    """`tick` is called by the engine's thread; `oldest_due` asks the database what nobody has carried."""

    def __init__(
        self, site: str, url: str, form: Form, every_s: float, *, oldest_due: Callable[[], int | None]
    ) -> None:
        self._site = site
        self._url = httpx.URL(url)
        self._form = form
        self._every_s = every_s
        self._oldest_due = oldest_due
        self._transport = httpx.HTTPTransport()
        self._ticked_at: int | None = None
        self._silent = 0
        self.beats = 0

    def tick(self, now: int) -> None:
        """The engine has really ticked."""
        self._ticked_at = now

    def run(self, stop: threading.Event, clock: Callable[[], int]) -> None:
        """Beat at each period until told to stop."""
        while not stop.wait(self._every_s):
            self.step(clock())
        self._transport.close()

    def step(self, now: int) -> bool:
        """Beat once, if all is well; says whether the outside has it."""
        why = ailment(self._look(), now)
        if why is None:
            why = self._send(now)
        if why is None:
            self._silent = 0
            self.beats += 1
            return True
        if self._silent % LOGGED_EVERY == 0:
            log.error("No heartbeat goes out", extra={"action": "heartbeat_withheld", "why": why})
        self._silent += 1
        return False

    def _look(self) -> Vitals:
        try:
            return Vitals(self._ticked_at, self._oldest_due())
        except AlertsError:
            return Vitals(self._ticked_at, known=False)

    def _send(self, now: int) -> str | None:
        """None when it arrived, else why it did not; the address is a secret."""
        if self._form == "ping":
            request = httpx.Request("POST", self._url, content=b"", extensions={"timeout": TIMEOUT})
        else:
            body = watchdog(self._site, now, round(self._every_s * 1000))
            request = httpx.Request("POST", self._url, json=body, extensions={"timeout": TIMEOUT})
        try:
            response = self._transport.handle_request(request)
            response.close()
        except httpx.TransportError as error:
            return type(error).__name__
        return None if 200 <= response.status_code < 300 else f"HTTP {response.status_code}"

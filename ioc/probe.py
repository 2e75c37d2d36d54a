"""The self-probe: sends a marked sample every few seconds and watches for it where people would see it.

By MQTT through the same broker as any device, then out of the ingest after the commit, then out of the live stream as
a browser gets it. Shell: two threads; what the times mean is decided in `ioc.echoes`. Its device is a reserved address,
enrolled as retired: stored, and never drawn, counted or judged.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Final

from ingest.model import Heard
from ioc.clock import now_ms
from ioc.echoes import Echoes, Health, Latency, Leg, Verdict
from ioc.postman import Postman
from ioc.visitor import Visitor

SLUG: Final = "self-probe"
METRIC: Final = "probe_ms"
_LOOK_S: Final = 1.0
_FIRST_S: Final = 10.0  # so long the first sample waits for the broker

_log = logging.getLogger(__name__)
_WORDS: Final = {
    Leg.STORED: "a marked sample is not stored in time",
    Leg.LIVE: "a marked sample is stored, but the live stream does not show it in time",
}


def address(site: str) -> str:
    """The reserved address under which a site's probe speaks."""
    return f"{site}/indicator/{SLUG}"


class SelfProbe:
    """What was sent and what came back. `every_s` 0 switches it off. Any thread may call anything."""

    def __init__(self, site: str, every_s: float) -> None:
        self.every_s = every_s
        self.device, self.session = address(site), secrets.token_hex(5)
        self._echoes, self._lock = Echoes(), threading.Lock()
        self._verdict = Verdict(Health.WAITING if every_s else Health.OFF)
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._seq = 0

    def start(self, postman: Postman, visitor: Visitor) -> None:
        """Begin to send and to look."""
        if not self.every_s:
            return
        self._threads = [
            threading.Thread(target=self._run, args=(postman,), name="self-probe", daemon=True),
            threading.Thread(target=visitor.run, args=(self._ending,), name="self-probe stream", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both."""
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def hear(self, heard: Heard) -> int | None:
        """Told by the ingest after the commit: the newest stamp of ours in it, for the live stream to show."""
        newest = None
        for sample in heard.samples:
            stamp = sample.metrics.get(METRIC) if sample.device == self.device else None
            if sample.session == self.session and isinstance(stamp, int):
                self._note(Leg.STORED, newest := stamp)
        return newest

    def shown(self, stamp: int) -> None:
        """Told by the visitor: the live stream showed this stamp."""
        self._note(Leg.LIVE, stamp)

    @property
    def verdict(self) -> Verdict:
        """What the echoes said when last looked at, at most a second ago."""
        return self._verdict

    def problem(self) -> str | None:
        """For the readiness page: where the echoes fail, in a sentence."""
        lost = self._verdict.health is Health.LOST and self._verdict.leg
        return f"the self-probe: {_WORDS[lost]}" if lost else None

    def figures(self) -> Mapping[str, object]:
        """For the wall: what the echoes say, in a word."""
        return {"probe": self._verdict.health.value} if self.every_s else {}

    def numbers(self) -> tuple[int, Mapping[Leg, int], Mapping[Leg, Latency]]:
        """How many were sent, how many were lost on each leg, how long the others took."""
        with self._lock:
            return self._echoes.sent_total, self._echoes.lost(), self._echoes.latencies()

    def _note(self, leg: Leg, stamp: int) -> None:
        with self._lock:
            self._echoes.heard(leg, stamp, _steady())

    def _run(self, postman: Postman) -> None:
        postman.start()
        postman.wait(_FIRST_S)
        due = 0.0
        while not self._ending.is_set():
            if _steady() >= due:
                due = _steady() + self.every_s * 1000
                self._send(postman)
            self._look()
            self._ending.wait(min(_LOOK_S, self.every_s))
        postman.stop()

    def _send(self, postman: Postman) -> None:
        stamp = now_ms()
        self._seq += 1
        with self._lock:
            self._echoes.sent(stamp, _steady())  # before it is: its echo may be quick
        said = {"v": 1, "session": self.session, "seq": self._seq, "ts": stamp, "m": {METRIC: stamp}}
        postman.send(f"ioc/v1/{self.device}/telemetry", json.dumps(said).encode())

    def _look(self) -> None:
        with self._lock:
            before, self._verdict = self._verdict, self._echoes.look(_steady())
        after = self._verdict
        if after.health is before.health:
            return
        facts = {"action": f"probe_{after.health}", "leg": after.leg.value if after.leg else ""}
        if after.health in (Health.LOST, Health.SLOW):
            _log.warning("the self-probe's samples come late or not at all", extra=facts)
        elif after.health is Health.OK:
            _log.info("the self-probe's samples come through", extra=facts)


def _steady() -> float:
    """Milliseconds of a clock that nobody sets."""
    return time.monotonic() * 1000

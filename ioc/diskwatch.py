"""The disk watch: once a minute looks at the disk, foretells how long it lasts, and says so on the wire.

It speaks as a device of its own, `<site>/indicator/centre`, so that its figures are stored and judged like any others:
the rules `centre-disk-…` raise the alert. Shell: one thread; what the figures mean is decided in `ioc.disk`. It deletes
nothing: what is given up next is said, in the log and by `ioc check`, and let go by `ioc.jobs.retention`.
"""

import json
import logging
import secrets
import threading
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from ioc.accounts.store import Pool
from ioc.clock import now_ms
from ioc.disk import Drop, Forecast, Step, forecast, next_to_go, order
from ioc.disklook import look, oldest, remember, remembered
from ioc.postman import Postman
from ioc.settings import Settings

SLUG: Final = "centre"
_FIRST_S: Final = 10.0  # so long the first figures wait for the broker
_log = logging.getLogger(__name__)
_METRICS: Final = {
    "disk_days_left": {"type": "number", "min": 0},
    "disk_used_pct": {"type": "number", "min": 0, "max": 100},
}


def address(site: str) -> str:
    """The reserved address under which a centre speaks of itself."""
    return f"{site}/indicator/{SLUG}"


class DiskWatch:
    """One watch, on connections of the pool."""

    def __init__(self, pool: Pool, settings: Settings, site: str) -> None:
        self._pool, self._settings, self._device = pool, settings, address(site)
        self._steps: Sequence[Step] = order(settings.store.give_up)
        self.session, self._seq = secrets.token_hex(5), 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._said: str | None = None  # what was last said to go

    def start(self, postman: Postman) -> None:
        """Begin to look and to tell."""
        self._thread = threading.Thread(target=self._run, args=(postman,), name="disk watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def step(self, now: int) -> Forecast:
        """Look once, remember it, and say in the log what would have to go."""
        with self._pool.connection(timeout=5) as connection:
            remember(connection, look(connection, self._settings, now))
            standing = forecast(remembered(connection))
            self._say(next_to_go(self._steps, standing, oldest(connection), now))
        return standing

    def messages(self, standing: Forecast, now: int) -> Sequence[tuple[str, bytes]]:
        """Topic and payload of what is told: who we are, once, and the figures."""
        told: list[tuple[str, dict[str, Any]]] = []
        if not self._seq:
            about = {"device": {"name": "Trung tâm (máy chủ)"}, "interval_s": self._settings.store.watch_s}
            told.append(("birth", {**about, "metrics": _METRICS}))
        self._seq += 1
        figures = {"disk_days_left": standing.days_left, "disk_used_pct": standing.used_pct}
        told.append(("telemetry", {"seq": self._seq, "m": figures}))
        head = {"v": 1, "session": self.session, "ts": now}
        topic = f"ioc/v1/{self._device}"
        return [(f"{topic}/{channel}", json.dumps({**head, **body}).encode()) for channel, body in told]

    def _run(self, postman: Postman) -> None:
        postman.start()
        postman.wait(_FIRST_S)
        while not self._ending.is_set():
            try:
                now = now_ms()
                for topic, payload in self.messages(self.step(now), now):
                    postman.send(topic, payload)
            except (psycopg.Error, TimeoutError, OSError) as error:
                _log.warning("the disk watch could not look", extra={"action": "disk_unseen", "why": str(error)})
            self._ending.wait(self._settings.store.watch_s)
        postman.stop()

    def _say(self, drop: Drop | None) -> None:
        told = None if drop is None else drop.what
        if told is not None and told != self._said:
            facts = {"action": "disk_give_up", "what": told, "before": drop.before if drop else 0}
            _log.warning("the disk is nearly full; by the order of giving up this is next to go", extra=facts)
        self._said = told

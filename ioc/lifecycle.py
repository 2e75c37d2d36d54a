"""Stops what was started, last in first out, each bounded in time; says which step hung."""

import logging
import threading
from collections.abc import Callable
from typing import Self

_log = logging.getLogger(__name__)


class Stops:
    """The named stops of everything started so far. Use as a context: leaving it stops all."""

    def __init__(self, patience_s: float = 10) -> None:
        self._patience_s = patience_s
        self._steps: list[tuple[str, Callable[[], None]]] = []

    def add(self, name: str, stop: Callable[[], None]) -> None:
        """Register the stop of what was just started."""
        self._steps.append((name, stop))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._steps:
            self._stop(*self._steps.pop())

    def _stop(self, name: str, stop: Callable[[], None]) -> None:
        """One step, in a thread of its own so that one that hangs cannot keep the others from stopping."""

        def run() -> None:
            try:
                stop()
            except Exception:  # noqa: BLE001 - whatever it is, the other parts must still be stopped
                _log.exception("a part did not stop cleanly", extra={"action": "stop_failed", "part": name})

        thread = threading.Thread(target=run, name=f"stop {name}", daemon=True)
        thread.start()
        thread.join(self._patience_s)
        if thread.is_alive():
            _log.error("a part hangs while stopping; going on", extra={"action": "stop_hung", "part": name})


def end_thread(ending: threading.Event, thread: threading.Thread) -> None:
    """Tell a thread that it is to end, and wait until it has."""
    ending.set()
    thread.join()

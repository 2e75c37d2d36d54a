"""Files that are made at most once an hour, whoever asks however often."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

HOLDS_MS: Final = 3_600_000


@dataclass(slots=True)
class Shelf:
    """The files made within the last hour, by name; one is made at a time."""

    _files: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def file(self, name: str, now: int, make: Callable[[], bytes]) -> bytes:
        """A file that is at most an hour old; `now` in epoch ms."""
        with self._lock:
            made, body = self._files.get(name, (0, b""))
            if not 0 <= now - made < HOLDS_MS:
                body = make()
                self._files[name] = now, body
        return body

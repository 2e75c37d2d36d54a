"""Lines about long work on standard error: what is begun, and every few seconds how far it is."""

import sys
import time
from typing import Final

_EVERY_S: Final = 2.0


class Progress:
    """Says how far a table is, not oftener than every two seconds; silent where facts are wanted as JSON."""

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent
        self._next = time.monotonic() + _EVERY_S

    def say(self, line: str) -> None:
        """One line, at once."""
        if not self._silent:
            print(f"· {line}", file=sys.stderr, flush=True)  # noqa: T201 - it prints: that is its job

    def table(self, name: str, rows: int, size: int) -> None:
        """A table is so far."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_S
            self.say(f"{name}: {rows:,} dòng (rows), {size / 2**20:,.0f} MB")

"""Slows down guessing: after five failures of one account from one address, each further one waits twice as long.

Pure but for its memory, which is bounded: the oldest pair is forgotten first. `now` in epoch ms. It never decides
whether a password is right, and never locks an account: others at other addresses sign in as ever.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

FREE: Final = 5
FIRST_MS: Final = 1_000
LONGEST_MS: Final = 15 * 60_000
MAX_PAIRS: Final = 10_000

Pair = tuple[str, str]


@dataclass(slots=True)
class Throttle:
    """Failures by (account, address)."""

    max_pairs: int = MAX_PAIRS
    _failures: OrderedDict[Pair, tuple[int, int]] = field(default_factory=OrderedDict)  # count, when last

    def wait_ms(self, name: str, address: str, now: int) -> int:
        """How long this pair must still wait; 0 when it may try."""
        count, last = self._failures.get((name, address), (0, 0))
        return max(0, last + _pause(count) - now)

    def failed(self, name: str, address: str, now: int) -> None:
        """Note a failure. A quarter of an hour without one starts from nothing."""
        pair = (name, address)
        count, last = self._failures.pop(pair, (0, 0))
        self._failures[pair] = (1 if now - last > LONGEST_MS else count + 1, now)
        while len(self._failures) > self.max_pairs:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the pair's failures."""
        self._failures.pop((name, address), None)

    def __len__(self) -> int:
        return len(self._failures)


def _pause(count: int) -> int:
    return 0 if count < FREE else min(FIRST_MS << min(count - FREE, 20), LONGEST_MS)

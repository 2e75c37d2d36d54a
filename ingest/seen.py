"""Which sequence numbers of one session were already heard: disjoint ranges, so that a repeat is known exactly.

A session without loss is one range, whatever its length. Pure. Time and memory: O(gaps), bounded by `MOST`.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

MOST = 256  # ranges kept; beyond it the oldest is let go and the store's own key judges what lies below


@dataclass(slots=True)
class Seen:
    """Closed ranges `[lows[i], highs[i]]`, ascending; the last of `highs` may lag behind.

    `next` is the number after the highest heard, -1 before any: who hears just that one need only add 1 to it.
    """

    lows: list[int] = field(default_factory=list)
    highs: list[int] = field(default_factory=list)
    next: int = -1

    @property
    def missing(self) -> int:
        """How many numbers the gaps between the ranges hold."""
        return self.next - self.lows[0] - self.count if self.lows else 0

    @property
    def count(self) -> int:
        """Numbers heard."""
        self._catch_up()
        return sum(high - low + 1 for low, high in zip(self.lows, self.highs, strict=True))

    def add(self, seq: int) -> bool:
        """Note a number; whether it is new."""
        if seq == self.next:  # the usual case, first
            self.next += 1
            return True
        self._catch_up()
        at = bisect_right(self.lows, seq)
        if at and seq <= self.highs[at - 1]:
            return False
        self._insert(at, seq)
        self.next = self.highs[-1] + 1
        return True

    def take_up(self, low: int, high: int) -> None:
        """Take in a range above all that are there."""
        self._catch_up()
        self.lows.append(low)
        self.highs.append(high)
        self.next = high + 1

    def _catch_up(self) -> None:
        if self.highs:
            self.highs[-1] = self.next - 1

    def _insert(self, at: int, seq: int) -> None:
        joins_left = at > 0 and self.highs[at - 1] == seq - 1
        joins_right = at < len(self.lows) and self.lows[at] == seq + 1
        if joins_left and joins_right:
            self.highs[at - 1] = self.highs.pop(at)
            self.lows.pop(at)
        elif joins_left:
            self.highs[at - 1] = seq
        elif joins_right:
            self.lows[at] = seq
        else:
            self.lows.insert(at, seq)
            self.highs.insert(at, seq)
            if len(self.lows) > MOST:
                self.lows.pop(0)
                self.highs.pop(0)

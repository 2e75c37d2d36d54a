"""Which sequence numbers of one session were already heard: disjoint ranges, so that a repeat is known exactly.

A session without loss is one range, whatever its length. Pure. Time and memory: O(gaps), bounded by `MOST`.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

MOST = 256  # ranges kept; beyond it the oldest is let go and the store's own key judges what lies below


@dataclass(slots=True)
class Seen:
    """Closed ranges `[lows[i], highs[i]]`, ascending. `missing` is how many numbers the gaps between them hold."""

    lows: list[int] = field(default_factory=list)
    highs: list[int] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """Numbers skipped so far between the lowest and the highest heard."""
        return self.highs[-1] - self.lows[0] + 1 - self.count if self.lows else 0

    @property
    def count(self) -> int:
        """Numbers heard."""
        return sum(high - low + 1 for low, high in zip(self.lows, self.highs, strict=True))

    def add(self, seq: int) -> bool:
        """Note a number; whether it is new."""
        if self.highs and seq == self.highs[-1] + 1:  # the usual case, first
            self.highs[-1] = seq
            return True
        at = bisect_right(self.lows, seq)
        if at and seq <= self.highs[at - 1]:
            return False
        self._insert(at, seq)
        return True

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

"""When each key is to be looked at again. Pure.

A look that comes too early costs little, for whoever looks puts the key on again; so a key has one moment, its
earliest, and a key that is put off a thousand times costs nothing until then.
"""

from heapq import heappop, heappush


class Agenda:
    """Keys by the moments (epoch ms) at which they are due, at the latest."""

    def __init__(self) -> None:
        self._when: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []  # with moments that an earlier one replaced

    def put(self, key: str, when: int) -> None:
        """Look at a key then, or before."""
        known = self._when.get(key)
        if known is None or when < known:
            self._when[key] = when
            heappush(self._heap, (when, key))

    def take(self, now: int) -> list[str]:
        """The keys that are due, earliest first; they are off the agenda."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            when, key = heappop(self._heap)
            if self._when.get(key) == when:
                del self._when[key]
                found.append(key)
        return found

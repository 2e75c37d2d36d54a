"""Remembers when each key is next due, and hands out those that are.

Decides nothing about what is then to be done. A key has one time at most; setting it anew replaces the old.
"""

import heapq
from collections.abc import Iterator


class Agenda:
    """A heap whose outdated entries are skipped when they surface, and swept when they outnumber the rest."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._when: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._when)

    def put(self, key: str, when: int | None) -> None:
        """Make the key due at `when`; None strikes it out."""
        if self._when.get(key) == when:
            return  # also None for a key that was not there
        if when is None:
            del self._when[key]
            return
        self._when[key] = when
        heapq.heappush(self._heap, (when, key))
        if len(self._heap) > 2 * len(self._when) + 64:
            self._heap = [(due, each) for each, due in self._when.items()]
            heapq.heapify(self._heap)

    def first(self) -> int | None:
        """When the next key is due; None where nothing is."""
        while self._heap and self._when.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: int) -> Iterator[str]:
        """The keys due at `now`, earliest first, each struck out; what is put meanwhile is seen too."""
        while self._heap and self._heap[0][0] <= now:
            when, key = heapq.heappop(self._heap)
            if self._when.get(key) == when:
                del self._when[key]
                yield key

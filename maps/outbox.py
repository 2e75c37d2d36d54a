"""What one client is to be sent next: a newer picture, never a queue.

Decides per client. There is nothing to queue: the client's number is all that is remembered, and what it
lacks is asked of the scene when it is ready for more. So a slow client gets fewer, larger steps; its
devices conflate, its alerts do not (the scene keeps their steps in order, and who lags beyond what is kept
gets a snapshot). It never sends, waits or reads a clock.
"""

from collections import deque
from collections.abc import Sequence

from maps.frames import Press
from maps.layer import Layer
from maps.model import Sight

WINDOW = 3
"""Frames under way without an ack. TCP hides a slow reader: without this, ten seconds of stale frames
were measured to pile up in the kernel's buffers; with it, three and one that catches up."""


class Outbox:
    """The state of one client: what it asked for, how far it is, what it has not acknowledged."""

    def __init__(self, layers: Sequence[Layer], sight: Sight, since: int | None = None) -> None:
        self._flying: deque[int] = deque()
        self.ask(layers, sight, since)

    def ask(self, layers: Sequence[Layer], sight: Sight, since: int | None) -> None:
        """The client said hello, perhaps not for the first time: it stands at `since`, or nowhere."""
        self.layers = tuple(layers)
        self.sight = sight
        self.at = since
        self._flying.clear()

    def ack(self, seq: int) -> None:
        """The client has drawn everything up to this number; a number never sent changes nothing."""
        while self._flying and self._flying[0] <= seq:
            self._flying.popleft()

    @property
    def ready(self) -> bool:
        """Whether it may be sent anything at all."""
        return len(self._flying) < WINDOW

    def take(self, press: Press) -> str | None:
        """The frame it needs now; `None` when it is up to date, or has enough under way."""
        now = press.scene.seq
        if not self.ready or self.at == now:
            return None
        frame = None if self.at is None else press.delta(self.at, self.layers, self.sight)
        if frame is None:
            frame = press.snapshot(self.layers, self.sight)
        self.at = now
        self._flying.append(now)
        return frame

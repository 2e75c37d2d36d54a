"""What one client is to be sent next: a newer picture, never a queue.

Decides per client. There is nothing to queue: the client's number is all that is remembered, and what it
lacks is asked of the scene when it is ready for more. So a slow client gets fewer, larger steps; its
devices conflate, its alerts do not (the scene keeps their steps in order, and who lags beyond what is kept
gets a snapshot). It never sends, waits or reads a clock.
"""

from collections import deque

from maps.frames import Frame, Look, Press

WINDOW = 3
"""Frames under way without an ack. TCP hides a slow reader: without this, ten seconds of stale frames
were measured to pile up in the kernel's buffers; with it, three and one that catches up."""


PATIENCE = 3
"""Ticks in a row at which a client had a whole window under way: then it lags."""


class Outbox:
    """The state of one client: what it asked for, how far it is, what it has not acknowledged.

    Who lags is served with the beat alone, when no more than one frame is under way, until it has acknowledged
    everything. So those who lag stand at the same few numbers and share their frames, and what a slow one draws
    is never three of its own frames old.
    """

    def __init__(self, look: Look, since: int | None = None) -> None:
        self._flying: deque[int] = deque()
        self.ask(look, since)

    def ask(self, look: Look, since: int | None) -> None:
        """The client said hello, perhaps not for the first time: it stands at `since`, or nowhere."""
        self.look = look
        self.at = since
        self._waited = 0  # ticks
        self._flying.clear()

    def ack(self, seq: int) -> None:
        """The client has drawn everything up to this number; a number never sent changes nothing."""
        while self._flying and self._flying[0] <= seq:
            self._flying.popleft()
        if not self._flying:
            self._waited = 0

    @property
    def lags(self) -> bool:
        """Whether it is served coarser."""
        return self._waited >= PATIENCE

    def ready(self, *, beating: bool) -> bool:
        """Whether it may be sent anything at this tick, which is one with a beat or not. Asked once a tick."""
        under_way = len(self._flying)
        if under_way >= WINDOW:
            self._waited += 1
            return False
        if self._waited < PATIENCE:
            self._waited = 0
            return True
        return beating and under_way <= 1

    def take(self, press: Press) -> Frame | None:
        """The frame it needs now, if it is ready; `None` when it is up to date."""
        now = press.scene.seq
        if self.at == now:
            return None
        frame = None if self.at is None else press.delta(self.look, self.at)
        if frame is None:
            frame = press.snapshot(self.look)
        self.at = now
        self._flying.append(now)
        return frame

"""What the reader sends of its own: few orders at QoS 1, kept until the broker has confirmed them.

Decides packet identifiers, and how many may be on their way (5 §4.9, receive maximum); never sends.
"""

from collections import deque
from typing import Final

from ingest.packets.encode import REPEATED, publish

MOST: Final = 1000  # orders that wait; they soon expire, so more are not worth keeping
_MIDS: Final = 60_000  # identifiers above are left to SUBSCRIBE


class Outgoing:
    """Outlives connections. `add` may be called from any thread, the rest from the reader's."""

    def __init__(self, *, five: bool) -> None:
        self._five = five
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._unconfirmed: dict[int, bytes] = {}
        self._window = 0
        self._last = 0

    def add(self, topic: str, payload: bytes) -> bool:
        """Take in a message; says no when too many wait."""
        if len(self._waiting) >= MOST:
            return False
        self._waiting.append((topic, payload))
        return True

    def resume(self, window: int, *, session_present: bool) -> bytes:
        """What a new connection begins with: what was never confirmed, in order (3.1.1 §4.4), then what waits."""
        self._window = window
        bit = REPEATED if session_present else 0
        again = [bytes((packet[0] | bit,)) + packet[1:] for packet in self._unconfirmed.values()]
        return b"".join(again) + self.due()

    def due(self) -> bytes:
        """What may be sent now."""
        packets = []
        while self._waiting and len(self._unconfirmed) < self._window:
            topic, payload = self._waiting.popleft()
            self._last = self._last % _MIDS + 1
            packet = publish(self._last, topic, payload, five=self._five)
            self._unconfirmed[self._last] = packet
            packets.append(packet)
        return b"".join(packets)

    def confirm(self, mid: int) -> None:
        """The broker has it, or refuses it for good."""
        self._unconfirmed.pop(mid, None)

"""The port to the line: what the ingest asks of whatever brings messages, and the one in memory for unit tests.

Messages are acknowledged by us, after they are kept. A reader's queue is bounded; when it is full the line waits.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ingest.model import Message
from ingest.presence import Hearing


class Reader(Protocol):
    """Brings messages and carries acknowledgements and orders back."""

    @property
    def received(self) -> int:
        """Messages brought since the start."""

    @property
    def hearing(self) -> Hearing:
        """Whether, and since when, the line is up."""

    def start(self) -> None:
        """Begin to listen; goes on trying until stopped."""

    def take(self, most: int, linger_s: float, timeout_s: float) -> Sequence[Message]:
        """Up to `most` messages; waits `timeout_s` for the first, then `linger_s` for company."""

    def ack(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are kept. Losing this is harmless: they come again and are known."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send one message, QoS 1, not retained."""

    def stop(self) -> None:
        """Close the line; the session stays with the broker."""


@dataclass(slots=True)
class MemoryReader:
    """A line in memory: tests put messages in and look at what was acknowledged and sent."""

    hearing: Hearing = field(default_factory=lambda: Hearing(0))
    received: int = 0
    queue: deque[Message] = field(default_factory=deque)
    acked: list[Message] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def put(self, *messages: Message) -> None:
        """Bring messages."""
        self.queue.extend(messages)
        self.received += len(messages)

    def start(self) -> None:
        """Always listening."""

    def take(self, most: int, linger_s: float, timeout_s: float) -> Sequence[Message]:  # noqa: ARG002
        """What is there, at once."""
        return [self.queue.popleft() for _ in range(min(most, len(self.queue)))]

    def ack(self, messages: Sequence[Message]) -> None:
        """Note what was acknowledged."""
        self.acked.extend(messages)

    def publish(self, topic: str, payload: bytes) -> None:
        """Note what was sent."""
        self.sent.append((topic, payload))

    def stop(self) -> None:
        """Nothing to close."""

"""The port to the line: what the ingest asks of whatever brings messages, and the one in memory for unit tests.

Messages are acknowledged by us, after they are kept. A reader's queue is bounded; when it is full the line waits.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from ingest.model import Message
from ingest.presence import Hearing

NOT_UTF8: Final = "not-utf8"
"""The topic of a message whose topic is not UTF-8: no broker should let it through, and it must not stop others."""

QUIET_S: Final = 0.005
SMALLEST_WINDOW: Final = 20
"""A broker that hands out only so many messages before it waits for receipts falls silent: waiting on for company
would be in vain. 20 is Mosquitto's default; rumqttd's is 100."""

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """Where the broker is: `mqtt://[user:password@]host[:port]`, or `mqtts://` for TLS."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "BrokerUrl":
        """Read a URL; raises `ValueError` that says what is expected."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("mqtt.url: cần dạng mqtt://máy:cổng hoặc mqtts://máy:cổng "
                             "(expected mqtt://host:port or mqtts://host:port)")  # fmt: skip
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.hostname, port, parts.scheme == "mqtts", user, password)


class Reader(Protocol):
    """Brings messages and carries acknowledgements and orders back."""

    @property
    def received(self) -> int:
        """Messages brought since the start."""

    @property
    def hearing(self) -> Hearing:
        """Whether, and since when, the line is up."""

    @property
    def session_present(self) -> bool | None:
        """Whether the broker still knew our session at the last connection; None before the first."""

    def start(self) -> None:
        """Begin to listen; goes on trying until stopped."""

    def take(self, most: int, linger_s: float, timeout_s: float) -> Sequence[Message]:
        """Up to `most` messages; waits `timeout_s` for the first, then `linger_s` for company.

        Less, where `SMALLEST_WINDOW` messages or more have come and then none for `QUIET_S`.
        """

    def ack(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are kept. Losing this is harmless: they come again and are known."""

    def tend(self) -> None:
        """Keep the line alive without taking: for whoever takes, while it must wait for something else."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send one message, QoS 1, not retained."""

    def stop(self) -> None:
        """Close the line; the session stays with the broker."""


@dataclass(slots=True)
class MemoryReader:
    """A line in memory: tests put messages in and look at what was acknowledged and sent."""

    hearing: Hearing = field(default_factory=lambda: Hearing(0))
    received: int = 0
    session_present: bool | None = True
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

    def tend(self) -> None:
        """Nothing to keep alive."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Note what was sent."""
        self.sent.append((topic, payload))

    def stop(self) -> None:
        """Nothing to close."""

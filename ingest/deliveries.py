"""Knows a message again that carries no identity of its own: by its delivery.

Equipment that neither counts nor stamps says nothing by which a repeat could be told from a new message. But the
broker does: what it delivers again after a loss of connection bears the DUP flag and the packet id of the first
delivery, which it may not use anew before we acknowledged it (MQTT 3.1.1, sections 3.3.1.1 and 4.4). Pure; bounded by
the 65,535 packet ids there are.
"""

import zlib
from collections.abc import Iterable, Sequence

from ingest.batch import Judged
from ingest.model import Message


def delivery(message: Message) -> tuple[int, int]:
    """The packet id of a delivery and a digest of what was delivered."""
    return message.token & 0xFFFF, zlib.crc32(message.payload, zlib.crc32(message.topic.encode()))


class Deliveries:
    """The deliveries kept so far of messages without an identity."""

    def __init__(self, known: Iterable[tuple[int, int]] = ()) -> None:
        self._kept: dict[int, int] = dict(known)

    def note(self, batch: Sequence[Judged]) -> None:
        """These are kept; a packet id used anew stands for the new message."""
        self._kept.update([delivery(judged.message) for judged in batch if judged.unidentified])

    def again(self, message: Message) -> bool:
        """Whether this very delivery was kept before."""
        packet, digest = delivery(message)
        return message.repeated and self._kept.get(packet) == digest

    def forget(self) -> None:
        """The broker lost our session: its packet ids mean nothing any more."""
        self._kept.clear()

"""What a channel is: the contract of `alerts/channels/`.

A channel carries one letter to one receiver and says how it went. It never retries, remembers or decides what
is worth sending: `alerts.outbox` does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from alerts.outbox import Letter


class Outcome(StrEnum):
    """How one attempt went."""

    SENT = "sent"
    TEMPORARY = "temporary"  # worth another attempt: busy, slow, not reachable
    PERMANENT = "permanent"  # it will never take this


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one attempt; `detail` is safe to log and to show (no address, no secret)."""

    outcome: Outcome
    detail: str = ""


class Channel(Protocol):
    """One receiver. `name` is its own among all channels and stands in the outbox."""

    @property
    def name(self) -> str:
        """The name given to it in the configuration."""

    def send(self, letter: Letter, /) -> Receipt:
        """Carry the letter now, within less than its lease (10 s); every failure is a receipt, not an error."""


def words(letter: Letter) -> tuple[str, str]:
    """Title and text of a letter, in its receiver's language (Vietnamese where none is known)."""
    receiver: Any = letter.body.get("contact") or {}
    language = receiver.get("language", "vi")
    texts: Any = letter.body["text"]
    titles: Any = letter.body.get("title") or {}
    text = str(texts[language])
    return str(titles.get(language) or text.split("\n", 1)[0]), text


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """One kind of channel: the plain value `KIND` that each module of `alerts/channels/` exports.

    `open` makes a channel from its name and its own options; it raises `ValueError` with the mend. What it `needs` of
    the centre (a line to the broker) is handed to it among the options, by the same name.
    """

    name: str
    open: Callable[[str, Mapping[str, object]], Channel]
    needs: tuple[str, ...] = ()

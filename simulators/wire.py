"""The wire as a device sees it: topics, JSON, time stamps and identifiers.

Decides how a value is written down; never reads a clock, opens a socket or imports the product's own codec (a shared
codec would let one bug cancel itself).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

Document = Mapping[str, object]

_HANOI = timezone(timedelta(hours=7))
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Message:
    """One publication at QoS 1; `address` is `site/family/device`. `path` is the topic of a foreign dialect."""

    address: str
    channel: str
    payload: bytes
    retain: bool = False
    path: str = ""

    @property
    def topic(self) -> str:
        """The MQTT topic: six levels on the native wire."""
        return self.path or f"ioc/v1/{self.address}/{self.channel}"


@dataclass(frozen=True, slots=True)
class Join:
    """The device comes on line and leaves this Will with the broker, if it has one; `obeys`: it listens for orders."""

    address: str
    will: Message | None
    obeys: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """The device is gone without a goodbye: the broker is to publish its Will."""

    address: str


Action = Message | Join | Cut
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
"""A document as compact JSON; made once, for it is asked a million times."""


def message(address: str, channel: str, document: Document, *, retain: bool = False) -> Message:
    """A message with the document as compact UTF-8 JSON."""
    return Message(address, channel, encode(document).encode(), retain)


def foreign(address: str, path: str, payload: str | Document, *, retain: bool = False) -> Message:
    """A message of a foreign dialect on its own topic: text as it is, a document as JSON."""
    text = payload if isinstance(payload, str) else encode(payload)
    return Message(address, "foreign", text.encode(), retain, path)


def stamp(now: float) -> str:
    """Epoch seconds as RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def local_stamp(now: float) -> str:
    """Epoch seconds as RFC 3339 with the offset of Viet Nam."""
    return datetime.fromtimestamp(now, _HANOI).isoformat(timespec="milliseconds")


def moment(value: object) -> float | None:
    """Epoch seconds of an RFC 3339 text with an offset or of integer epoch milliseconds; None when it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value / 1000
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.timestamp() if parsed.tzinfo else None


def token(length: int, *parts: object) -> str:
    """An identifier that depends on its parts alone: this is what makes a run repeatable byte for byte."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return "".join(_CROCKFORD[byte % 32] for byte in digest[:length])

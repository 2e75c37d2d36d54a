"""The bytes that a reader of messages sends. It subscribes at QoS 1, keeps its session, and leaves no Will."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.model import Message
from ingest.packets.model import RECEIVE_MAXIMUM, SESSION_EXPIRY

PINGREQ: Final = b"\xc0\x00"
DISCONNECT: Final = b"\xe0\x00"  # in version 5 the same: a normal end
REPEATED: Final = 0x08
_FOR_EVER: Final = b"\xff\xff\xff\xff"  # 5 §3.1.2.11.2: the session does not expire, as in 3.1.1

# PUBACK (3.1.1 §3.4) and, for a QoS 2 message, PUBREC (§3.5), with room for the identifier in the low half.
_RECEIPTS: Final = (0, 0x40020000, 0x50020000)


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects, and how. `receive_maximum`: unacknowledged messages that we want at most (5 alone)."""

    client_id: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    keepalive_s: int = 30
    five: bool = False
    receive_maximum: int = 65_535


def connect(login: Login) -> bytes:
    """CONNECT (3.1.1 §3.1, 5 §3.1) that takes up the session of the client id, or begins one."""
    flags, credentials = 0, b""
    if login.user is not None:
        flags, credentials = 0x80, _text(login.user)
        if login.password is not None:
            flags, credentials = 0xC0, credentials + _text(login.password)
    properties = b""
    if login.five:
        receive = bytes((RECEIVE_MAXIMUM,)) + login.receive_maximum.to_bytes(2)
        properties = _sized(bytes((SESSION_EXPIRY,)) + _FOR_EVER + receive)
    version = 5 if login.five else 4
    head = _text("MQTT") + bytes((version, flags)) + login.keepalive_s.to_bytes(2)
    return _packet(0x10, head + properties + _text(login.client_id) + credentials)


def subscribe(mid: int, filters: Sequence[str], *, five: bool) -> bytes:
    """SUBSCRIBE to all filters at QoS 1 (3.1.1 §3.8, 5 §3.8)."""
    wanted = b"".join(_text(pattern) + b"\x01" for pattern in filters)
    return _packet(0x82, mid.to_bytes(2) + (b"\0" if five else b"") + wanted)


def unsubscribe(mid: int, filters: Sequence[str], *, five: bool) -> bytes:
    """UNSUBSCRIBE from all filters; those never subscribed to do no harm (3.1.1 §3.10, 5 §3.10)."""
    return _packet(0xA2, mid.to_bytes(2) + (b"\0" if five else b"") + b"".join(map(_text, filters)))


def publish(mid: int, topic: str, payload: bytes, *, five: bool) -> bytes:
    """PUBLISH at QoS 1, not retained (3.1.1 §3.3, 5 §3.3)."""
    return _packet(0x32, _text(topic) + mid.to_bytes(2) + (b"\0" if five else b"") + payload)


def receipts(messages: Sequence[Message], generation: int) -> bytes:
    """The receipts of those messages that came on this connection, in their order, as one piece.

    An identifier of an earlier connection may mean another message by now (3.1.1 §4.4): it is left out, and the
    broker brings the message again.
    """
    words = [
        _RECEIPTS[message.qos] | message.token & 0xFFFF
        for message in messages
        if message.qos and message.token >> 16 == generation
    ]
    return struct.pack(f">{len(words)}I", *words)


def pubcomp(mid: int) -> bytes:
    """PUBCOMP, the last step of a QoS 2 message (3.1.1 §3.7)."""
    return b"\x70\x02" + mid.to_bytes(2)


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + _sized(body)


def _sized(body: bytes) -> bytes:
    """A body behind its length (3.1.1 §2.2.3)."""
    length, head = len(body), bytearray()
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    head.append(length)
    return bytes(head) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    if len(raw) > 0xFFFF:
        raise ValueError("MQTT carries texts of at most 65535 bytes")
    return len(raw).to_bytes(2) + raw

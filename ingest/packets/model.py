"""The packets that a broker sends besides PUBLISH, and what the numbers in them say.

A PUBLISH has no value here: it becomes an `ingest.model.Message` at once.
"""

from dataclasses import dataclass
from typing import Final

SESSION_EXPIRY: Final = 0x11
SERVER_KEEP_ALIVE: Final = 0x13
REASON_STRING: Final = 0x1F
RECEIVE_MAXIMUM: Final = 0x21

# 3.1.1 §3.2.2.3 (1 to 5) and 5 §2.4: the numbers do not overlap where a connection is refused or ended.
_REASONS: Final = {
    1: "it does not speak this version of MQTT",
    2: "it rejects our client id",
    3: "it is not available now",
    4: "bad user name or password",
    5: "not authorized",
    0x00: "in order",
    0x81: "it found a packet of ours malformed",
    0x82: "it found a packet of ours against the protocol",
    0x84: "it does not speak this version of MQTT",
    0x85: "it rejects our client id",
    0x86: "bad user name or password",
    0x87: "not authorized",
    0x88: "it is not available now",
    0x89: "it is busy",
    0x8A: "we are banned",
    0x8B: "it is shutting down",
    0x8C: "bad authentication method",
    0x8D: "it did not hear from us within the keep-alive",
    0x8E: "another client took our session: two use one client id",
    0x8F: "it takes a topic filter for invalid",
    0x93: "we sent more unacknowledged messages than it allows",
    0x95: "a packet of ours was too large",
    0x97: "a quota is exceeded",
    0x98: "its administrator ended the connection",
    0x9C: "it wants us to use another server",
    0x9D: "it moved to another server",
    0x9F: "we connect too often",
}


def reason_sentence(code: int, text: str = "") -> str:
    """What a reason code says, with the broker's own words where it sent some."""
    sentence = _REASONS.get(code, "a reason of its own")
    return f"{sentence} (code {code}{': ' + text if text else ''})"


@dataclass(frozen=True, slots=True)
class Connack:
    """The broker's answer to CONNECT; `None` where it leaves our own value as it is."""

    session_present: bool
    code: int
    text: str = ""
    receive_maximum: int | None = None
    keepalive_s: int | None = None


@dataclass(frozen=True, slots=True)
class Suback:
    """The answer to SUBSCRIBE: for each filter the granted QoS, or a refusal from 128 up."""

    mid: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unsuback:
    """The answer to UNSUBSCRIBE."""

    mid: int


@dataclass(frozen=True, slots=True)
class Puback:
    """A message of ours has arrived at the broker; from 128 up, it was refused."""

    mid: int
    code: int = 0


@dataclass(frozen=True, slots=True)
class Pubrel:
    """The broker asks for the last step of a QoS 2 message."""

    mid: int


@dataclass(frozen=True, slots=True)
class Pingresp:
    """The broker lives."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The broker ends the connection (5 §3.14)."""

    code: int = 0
    text: str = ""


Packet = Connack | Suback | Unsuback | Puback | Pubrel | Pingresp | Disconnect

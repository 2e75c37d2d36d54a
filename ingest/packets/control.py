"""What a packet other than PUBLISH says. Not every packet is one that a broker may send us: others are errors."""

from ingest.errors import ProtocolError
from ingest.packets.model import (
    REASON_STRING,
    RECEIVE_MAXIMUM,
    SERVER_KEEP_ALIVE,
    Connack,
    Disconnect,
    Packet,
    Pingresp,
    Puback,
    Pubrel,
    Suback,
    Unsuback,
)
from ingest.packets.properties import read_properties


def read_control(first: int, body: bytes, *, five: bool) -> Packet:
    """The packet with that first byte; raises `ProtocolError`."""
    try:
        match first:  # the type and its flags, which are fixed (3.1.1 §2.2.2)
            case 0x20:
                return _connack(body, five=five)
            case 0x40:
                return Puback(_mid(body), _code(body, 2, five=five))
            case 0x62:
                _code(body, 2, five=five)
                return Pubrel(_mid(body))
            case 0x90:
                return _suback(body, five=five)
            case 0xB0:
                return Unsuback(_mid(body))
            case 0xD0 if not body:
                return Pingresp()
            case 0xE0 if five:
                return _disconnect(body)
    except IndexError as error:
        raise ProtocolError(f"the broker sent a packet that is too short (first byte {first:#04x})") from error
    raise ProtocolError(f"the broker sent a packet that it may not send (first byte {first:#04x})")


def _connack(body: bytes, *, five: bool) -> Connack:
    """3.1.1 §3.2, 5 §3.2. A broker of 3.1.1 alone answers version 5 in its own way: without properties."""
    flags, code = body[0], body[1]
    told, end = read_properties(body, 2) if five and len(body) > 2 else ({}, 2)
    if flags > 1 or end != len(body):
        raise ProtocolError("the broker sent a CONNACK that cannot be read")
    if told.get(RECEIVE_MAXIMUM) == 0:
        raise ProtocolError("the broker says that it takes no message at all (receive maximum 0)")
    text = told.get(REASON_STRING, "")
    return Connack(flags == 1, code, text, told.get(RECEIVE_MAXIMUM), told.get(SERVER_KEEP_ALIVE))


def _suback(body: bytes, *, five: bool) -> Suback:
    """3.1.1 §3.9, 5 §3.9."""
    at = read_properties(body, 2)[1] if five else 2
    return Suback(_mid(body), tuple(body[at:]))


def _disconnect(body: bytes) -> Disconnect:
    """5 §3.14: a missing reason is 0, missing properties are none."""
    told = read_properties(body, 1)[0] if len(body) > 1 else {}
    return Disconnect(body[0] if body else 0, told.get(REASON_STRING, ""))


def _mid(body: bytes) -> int:
    mid = body[0] << 8 | body[1]
    if not mid:
        raise ProtocolError("the broker sent a packet identifier of 0")
    return mid


def _code(body: bytes, at: int, *, five: bool) -> int:
    """The reason after a packet identifier: version 5 may send one, 3.1.1 may not (5 §3.4.2.1)."""
    if len(body) <= at:
        return 0
    if not five:
        raise ProtocolError("the broker sent a packet that is too long")
    if len(body) > at + 1:
        read_properties(body, at + 1)
    return body[at]

"""The properties of an MQTT 5 packet (5 §2.2.2), and the numbers of variable length that also count packets."""

from collections.abc import Callable
from typing import Any, Final

from ingest.errors import ProtocolError

_REPEATABLE: Final = (0x0B, 0x26)  # subscription identifiers, user properties


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to four bytes and where it ends (3.1.1 §2.2.3, 5 §1.5.5); `IndexError` where data ends first."""
    value = 0
    for shift in (0, 7, 14, 21):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ProtocolError("the broker sent a length of more than four bytes")


def read_properties(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """The properties from `at` by identifier, the last of repeatable ones, and where they end."""
    try:
        size, at = varint(data, at)
        end = at + size
        found: dict[int, Any] = {}
        while at < end:
            name = data[at]
            value, at = _READ[name](data, at + 1)
            if name in found and name not in _REPEATABLE:
                raise ProtocolError(f"the broker sent property {name} twice")
            found[name] = value
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ProtocolError("the broker sent properties that cannot be read") from error
    if at != end:
        raise ProtocolError("the broker sent a property longer than its packet says")
    return found, at


def _number(size: int) -> Callable[[bytes, int], tuple[int, int]]:
    def read(data: bytes, at: int) -> tuple[int, int]:
        return int.from_bytes(_exactly(data, at, size)), at + size

    return read


def _exactly(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise IndexError(at)
    return data[at : at + size]


def _binary(data: bytes, at: int) -> tuple[bytes, int]:
    size = int.from_bytes(_exactly(data, at, 2))
    return _exactly(data, at + 2, size), at + 2 + size


def _text(data: bytes, at: int) -> tuple[str, int]:
    raw, at = _binary(data, at)
    return raw.decode(), at


def _pair(data: bytes, at: int) -> tuple[tuple[str, str], int]:
    key, at = _text(data, at)
    value, at = _text(data, at)
    return (key, value), at


# 5 §2.2.2.2, table 2-4
_READ: Final[dict[int, Callable[[bytes, int], tuple[Any, int]]]] = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), _number(1)),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), _number(2)),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), _number(4)),
    **dict.fromkeys((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F), _text),
    **dict.fromkeys((0x09, 0x16), _binary),
    0x0B: varint,
    0x26: _pair,
}

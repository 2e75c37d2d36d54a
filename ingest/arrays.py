"""PostgreSQL arrays in the wire's binary form, built whole: a tenth of what a driver's list of objects costs.

Form (PostgreSQL's `array_send`): dimensions, has-null, element type, length, lower bound, then each element as its
length and bytes, all big-endian. Nulls are not made here. Pure; sending is `ingest.timescale`.
"""

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np

_EPOCH_2000_MS: Final = 946_684_800_000  # PostgreSQL counts microseconds from 2000-01-01


class Array:
    """One array parameter: `oid` is the array's type, `data` its binary form."""

    __slots__ = ("data", "oid")

    def __init__(self, oid: int, element: int, count: int, body: bytes) -> None:
        self.oid = oid
        self.data = struct.pack(">iiiii", 1, 0, element, count, 1) + body


def integers(values: Sequence[int]) -> Array:
    """An `integer[]`."""
    return Array(1007, 23, len(values), _fixed(np.asarray(values, np.int32), ">i4"))


def booleans(values: Sequence[bool]) -> Array:
    """A `boolean[]`."""
    return Array(1000, 16, len(values), _fixed(np.asarray(values, np.uint8), "u1"))


def moments(epoch_ms: Sequence[int]) -> Array:
    """A `timestamptz[]` from epoch milliseconds."""
    values = (np.asarray(epoch_ms, np.int64) - _EPOCH_2000_MS) * 1000
    return Array(1185, 1184, len(epoch_ms), _fixed(values, ">i8"))


def texts(values: Sequence[str]) -> Array:
    """A `text[]`."""
    return Array(1009, 25, len(values), b"".join([_sized(value.encode()) for value in values]))


def jsons(values: Sequence[bytes]) -> Array:
    """A `jsonb[]` from JSON as bytes; the leading 1 is jsonb's version."""
    return Array(3807, 3802, len(values), b"".join([_sized(b"\x01" + value) for value in values]))


def _sized(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _fixed(values: np.ndarray[tuple[int], np.dtype[np.generic]], kind: str) -> bytes:
    """Elements of one size, each after its length."""
    cells = np.empty(len(values), np.dtype([("size", ">i4"), ("value", kind)]))
    cells["size"] = np.dtype(kind).itemsize
    cells["value"] = values
    return cells.tobytes()

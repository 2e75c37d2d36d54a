"""Sparkplug B's payloads: bytes in, typed values out (docs/decisions/sparkplug.md).

The fields' numbers and types are those of the Sparkplug 3.0 specification, section 6.4 (payload B); only what the
ingest reads is declared, the rest is skipped. Decoding is the protobuf library's; garbage is refused, never raised.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from ingest.model import MAX_PAYLOAD, Rejected, Value
from ingest.scalars import clean, epoch_ms

_F = descriptor_pb2.FieldDescriptorProto
_INT, _LONG, _FLOAT, _DOUBLE = _F.TYPE_UINT32, _F.TYPE_UINT64, _F.TYPE_FLOAT, _F.TYPE_DOUBLE
_BOOL, _TEXT, _BYTES = _F.TYPE_BOOL, _F.TYPE_STRING, _F.TYPE_BYTES
_Kind = int | str  # a message's name; after `*`: repeated
_FIELDS: Final[Mapping[str, Mapping[str, tuple[int, _Kind]]]] = {
    "Property": {"datatype": (1, _INT), "is_null": (2, _BOOL), "int_value": (3, _INT), "long_value": (4, _LONG),
                 "text_value": (8, _TEXT)},
    "Properties": {"names": (1, f"*{_TEXT}"), "values": (2, "*Property")},
    "Metric": {"name": (1, _TEXT), "alias": (2, _LONG), "timestamp": (3, _LONG), "datatype": (4, _INT),
               "is_historical": (5, _BOOL), "is_null": (7, _BOOL), "properties": (9, "Properties"),
               "int_value": (10, _INT), "long_value": (11, _LONG), "float_value": (12, _FLOAT),
               "double_value": (13, _DOUBLE), "bool_value": (14, _BOOL), "text_value": (15, _TEXT)},
    "Payload": {"timestamp": (1, _LONG), "metrics": (2, "*Metric"), "seq": (3, _LONG), "uuid": (4, _TEXT)},
}  # fmt: skip
_BITS = {1: 8, 2: 16, 3: 32, 4: 64}  # the signed datatypes travel as unsigned numbers, in two's complement
BOOLEAN: Final = 11
NUMBERS: Final = frozenset(range(1, 11))
_COMPRESSED = "SPBV1.0_COMPRESSED"
_MOST_METRICS = 2048


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a payload. `scalar` is False for bytes, files, tables and templates, which have no value here."""

    name: str
    alias: int | None
    ts: int | None
    datatype: int
    historical: bool
    value: Value
    scalar: bool
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """One message's content."""

    ts: int | None
    seq: int | None
    metrics: Sequence[Metric]


def decode(payload: bytes, datatypes: Mapping[int, int]) -> Payload | Rejected:
    """Read a payload; `datatypes` are those that the birth told, by alias, for metrics that leave theirs out."""
    if len(payload) > MAX_PAYLOAD:
        return Rejected("too_large", f"{len(payload)} bytes; at most {MAX_PAYLOAD}")
    try:
        said = _PAYLOAD.FromString(payload)
    except (DecodeError, UnicodeDecodeError, ValueError) as error:
        return Rejected("not_protobuf", str(error)[:200])
    if said.uuid == _COMPRESSED:
        return Rejected("bad_shape", "compressed payloads are not read")
    if len(said.metrics) > _MOST_METRICS:
        return Rejected("bad_metrics", f"{len(said.metrics)} metrics; at most {_MOST_METRICS}")
    ts = epoch_ms(said.timestamp) if said.HasField("timestamp") else None
    seq = said.seq if said.HasField("seq") else None
    return Payload(ts, seq, [_metric(one, datatypes) for one in said.metrics])


def _metric(said: Any, datatypes: Mapping[int, int]) -> Metric:  # noqa: ANN401 — the library's classes have no types
    alias = said.alias if said.HasField("alias") else None
    datatype = said.datatype or datatypes.get(-1 if alias is None else alias, 0)
    properties = dict(zip(said.properties.names, said.properties.values, strict=False))
    which = said.WhichOneof("value")
    value = None if which is None or said.is_null or not _good(properties) else _value(said, which, datatype)
    unit = _text(properties["engUnit"].text_value) if "engUnit" in properties else ""
    return Metric(_text(said.name), alias, epoch_ms(said.timestamp) if said.HasField("timestamp") else None, datatype,
                  said.is_historical, clean(value), which is not None or said.is_null, unit[:32] or None)  # fmt: skip


def _value(said: Any, which: str, datatype: int) -> Value:  # noqa: ANN401
    raw = getattr(said, which)
    if which == "float_value":
        return _shortest(raw)
    if which not in ("int_value", "long_value"):
        return _text(raw) if which == "text_value" else bool(raw) if which == "bool_value" else float(raw)
    if datatype == BOOLEAN:
        return bool(raw)
    bits = _BITS.get(datatype, 0)
    masked = int(raw) & ((1 << bits) - 1) if bits else int(raw)
    return masked - (1 << bits) if bits and masked >> (bits - 1) else masked


def _text(raw: str | bytes) -> str:
    """The library gives text that is not UTF-8 as bytes."""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")


def _shortest(raw: float) -> float:
    """A 4-byte number as it was meant: 221.3, not 221.3000030517578."""
    for digits in (6, 7, 8):
        text = float(f"{raw:.{digits}g}")
        if abs(text) < 3e38 and struct.pack("<f", text) == struct.pack("<f", raw):
            return text
    return raw


def _good(properties: Mapping[str, Any]) -> bool:
    """The property `Quality`: from 192 it is good (OPC's); 0 is bad and 500 stale, and such values are unknown."""
    quality = properties.get("Quality")
    return quality is None or quality.is_null or 192 <= (quality.int_value or quality.long_value) < 256


def _classes() -> Any:  # noqa: ANN401
    """The payload's class, made by the library from the table above."""
    file = descriptor_pb2.FileDescriptorProto(name="ingest/sparkplug_b.proto", package="ioc", syntax="proto2")
    for name, fields in _FIELDS.items():
        kind = file.message_type.add(name=name)
        if name == "Metric":
            kind.oneof_decl.add(name="value")
        for field, (number, what) in fields.items():
            _declare(kind, field, number, what)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("ioc.Payload"))


def _declare(kind: Any, field: str, number: int, what: _Kind) -> None:  # noqa: ANN401
    word = str(what)
    label = _F.LABEL_REPEATED if word.startswith("*") else _F.LABEL_OPTIONAL
    told = kind.field.add(name=field, number=number, label=label)
    bare = word.removeprefix("*")
    if bare.isdigit():
        told.type = int(bare)
    else:
        told.type, told.type_name = _F.TYPE_MESSAGE, f".ioc.{bare}"
    if kind.name == "Metric" and field.endswith("_value"):
        told.oneof_index = 0


_PAYLOAD = _classes()

"""The centre's own wire, `ioc/v1/...` (docs/wire.md): typed decoding, rules 1 and 2 of the wire.

Decides whether a message is well formed and what it says; not whether it is new, known or believable.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import msgspec

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import (
    FAMILIES,
    MAX_PAYLOAD,
    Ack,
    Birth,
    Event,
    Ignored,
    Message,
    Metrics,
    Rejected,
    Report,
    Sample,
    Status,
    Value,
)
from ingest.privacy import masked
from ingest.scalars import wire_time
from ingest.topics import PREFIX, address, split

_METRIC = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MAX_METRICS = 128
_MAX_BATCH = 5000
_BIG = 2**63

_Short = Annotated[str, msgspec.Meta(max_length=64)]
_Line = Annotated[str, msgspec.Meta(max_length=256)]
_Seq = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Time = str | int | None
_Scalar = float | int | bool | str | None


class _Wire(msgspec.Struct, gc=False):
    v: Literal[1] = 1
    session: _Short | None = None
    ts: _Time = None


class _Who(msgspec.Struct):
    name: _Line | None = None
    maker: _Line | None = None
    model: _Line | None = None
    fw: _Line | None = None
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    area: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}$")] | None = None


class _Birth(_Wire):
    device: _Who = msgspec.field(default_factory=_Who)
    gateway: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,63}$")] | None = None
    interval_s: Annotated[float, msgspec.Meta(gt=0, le=31_622_400)] | None = None
    metrics: Annotated[dict[_Short, dict[_Short, _Scalar]], msgspec.Meta(max_length=_MAX_METRICS)] = {}
    commands: Annotated[list[_Short], msgspec.Meta(max_length=64)] = []


class _Status(_Wire, kw_only=True):
    state: Literal["online", "offline", "degraded", "sleeping"]
    reason: _Short | None = None


class _Entry(msgspec.Struct, gc=False):
    m: dict[str, _Scalar]
    seq: _Seq | None = None
    ts: _Time = None


class _Telemetry(_Wire, gc=False):
    m: dict[str, _Scalar] | None = None
    seq: _Seq | None = None
    batch: Annotated[list[_Entry], msgspec.Meta(max_length=_MAX_BATCH)] | None = None


class _Event(_Wire, kw_only=True):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    phase: Literal["start", "update", "end"] = "start"
    severity: _Short | None = None
    seq: _Seq | None = None
    data: dict[str, object] = {}


class _Ack(_Wire, kw_only=True):
    ref: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    state: Literal["accepted", "started", "done", "failed", "expired", "rejected", "preempted"]
    detail: _Line | None = None


class _RefusedError(Exception):
    """Carries a `Rejected` out of a nested reading."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.rejected = Rejected(reason, detail)


def _time(raw: _Time, fallback: int) -> tuple[int, bool]:
    """The stamp and whether the device gave it (rule 2)."""
    if raw is None:
        return fallback, False
    ms = wire_time(raw)
    if ms is None:
        raise _RefusedError(
            "bad_time", f"ts {str(raw)[:40]!r} is neither RFC 3339 with an offset nor epoch milliseconds"
        )
    return ms, True


class _Shape(msgspec.Struct, gc=False):
    """What is known of one set of metric names: devices say the same few sets over and over."""

    percents: tuple[str, ...]


_shapes: dict[tuple[str, ...], _Shape] = {}
_MOST_SHAPES = 10_000
_NUMBERS = frozenset((int, float, bool, type(None)))


def _metrics(raw: dict[str, _Scalar]) -> Metrics:
    """Rule 1: names, finite numbers, percentages within 0–100; private patterns in texts are masked (rule 9)."""
    names = tuple(raw)
    shape = _shapes.get(names) or _shape(names)
    kinds = set(map(type, raw.values()))
    if int in kinds and any(type(value) is int and not -_BIG < value < _BIG for value in raw.values()):
        raise _RefusedError("bad_value", "a whole number beyond 64 bits")
    for name in shape.percents:
        value = raw[name]
        if isinstance(value, int | float) and not 0 <= value <= 100:
            raise _RefusedError("out_of_range", f"{name}={value:g}: a percentage is 0 to 100")
    return raw if kinds <= _NUMBERS else {name: _text(name, value) for name, value in raw.items()}


def _shape(names: tuple[str, ...]) -> _Shape:
    if not 0 < len(names) <= _MAX_METRICS:
        raise _RefusedError("bad_metrics", f"`m` has {len(names)} metrics; 1 to {_MAX_METRICS} are read")
    for name in names:
        if _METRIC.fullmatch(name) is None:
            raise _RefusedError("bad_metrics", f"metric name {name[:70]!r} is not [a-z][a-z0-9_]*")
    if len(_shapes) >= _MOST_SHAPES:
        _shapes.clear()
    found = _shapes[names] = _Shape(tuple(name for name in names if name.endswith("_pct")))
    return found


def _text(name: str, value: Value) -> Value:
    if not isinstance(value, str):
        return value
    if len(value) > 256 or "\0" in value:
        raise _RefusedError("bad_value", f"{name}: text over 256 characters or with NUL")
    return masked(value)


def _birth(device: str, raw: bytes, message: Message) -> list[Report]:
    said = _BIRTH.decode(raw)
    ts, _ = _time(said.ts, message.received_at)
    who = said.device
    site = device.split("/", 1)[0]
    gateway = address(site, "gateway", said.gateway) if said.gateway else None
    birth = Birth(
        device,
        ts,
        said.session,
        who.name,
        who.maker,
        who.model,
        who.fw,
        who.lat,
        who.lon,
        who.area,
        gateway,
        said.interval_s,
        said.metrics,
        tuple(said.commands),
    )
    return [birth]


def _status(device: str, raw: bytes, message: Message) -> list[Report]:
    said = _STATUS.decode(raw)
    ts, stamped = _time(said.ts, message.received_at)
    return [Status(device, ts, said.state, said.session, said.reason, said.reason == "lwt", stamped)]


def _telemetry(device: str, raw: bytes, message: Message) -> list[Report]:
    said = _TELEMETRY.decode(raw)
    if (said.m is None) == (said.batch is None):
        raise _RefusedError("bad_shape", "telemetry carries either `m` or `batch`")
    if said.m is not None:
        session, ts = said.session, said.ts
        if ts is None:
            moment, stamped = message.received_at, False
        else:
            moment, stamped = _time(ts, 0)
        return [
            Sample(device, moment, _metrics(said.m), message.received_at, session, said.seq, session or "", stamped)
        ]
    return [
        _sample(device, said.session, entry.seq, entry.ts, entry.m, message, late=True) for entry in said.batch or ()
    ]


def _sample(
    device: str,
    session: str | None,
    seq: int | None,
    raw_ts: _Time,
    m: dict[str, _Scalar],
    message: Message,
    *,
    late: bool,
) -> Sample:
    ts, stamped = _time(raw_ts, message.received_at)
    return Sample(device, ts, _metrics(m), message.received_at, session, seq, session or "", stamped, late)


def _event(device: str, raw: bytes, message: Message) -> list[Report]:
    said = _EVENT.decode(raw)
    ts, stamped = _time(said.ts, message.received_at)
    event = Event(
        device,
        ts,
        said.id,
        said.type,
        said.phase,
        message.received_at,
        said.severity,
        said.data,
        said.session,
        said.seq,
        said.session or "",
        stamped,
    )
    return [event]


def _ack(device: str, raw: bytes, message: Message) -> list[Report]:
    said = _ACK.decode(raw)
    ts, _ = _time(said.ts, message.received_at)
    return [Ack(device, ts, said.ref, said.state, said.session, said.detail)]


_BIRTH = msgspec.json.Decoder(_Birth)
_STATUS = msgspec.json.Decoder(_Status)
_TELEMETRY = msgspec.json.Decoder(_Telemetry)
_EVENT = msgspec.json.Decoder(_Event)
_ACK = msgspec.json.Decoder(_Ack)
_READERS: Mapping[str, Callable[[str, bytes, Message], list[Report]]] = {
    "birth": _birth,
    "status": _status,
    "telemetry": _telemetry,
    "event": _event,
    "ack": _ack,
}


def read(message: Message, source: Source) -> Parsed:  # noqa: ARG001 - the native wire needs no options
    """Translate one message of the native wire."""
    where = split(message.topic)
    if where is None:
        return Rejected("bad_topic", "native topics are ioc/v1/<site>/<family>/<device>/<channel> in slugs")
    device, channel = where
    if device.split("/")[1] not in FAMILIES:
        return Rejected("unknown_family", f"known families: {', '.join(FAMILIES)}")
    if channel == "command":
        return Ignored("own_order")
    if not message.payload:
        # An empty retained message only clears what the broker kept; it says nothing of the device.
        return Ignored("cleared") if channel in ("birth", "status") else Rejected("empty", "no payload")
    if len(message.payload) > MAX_PAYLOAD:
        return Rejected("too_large", f"{len(message.payload)} bytes; at most {MAX_PAYLOAD}")
    try:
        return _READERS[channel](device, message.payload, message)
    except _RefusedError as refusal:
        return refusal.rejected
    except msgspec.ValidationError as error:
        return Rejected("bad_shape", str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Rejected("not_json", str(error)[:200])


ADAPTER = Adapter("native", (f"{PREFIX}#",), stateless(read))

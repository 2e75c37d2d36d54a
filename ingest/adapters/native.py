"""The centre's own wire, `ioc/v1/...` (docs/wire.md): rules 1 and 2 of the wire.

Decides whether a message is well formed and what it says; not whether it is new, known or believable.
"""

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from ingest import wire
from ingest.adapter import Adapter, Parsed, Read, Source
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
from ingest.scalars import LAST_MS, wire_time
from ingest.topics import PREFIX, address, split

_METRIC = re.compile(wire.METRIC)
_MOST = 100_000  # topics and sets of metric names remembered


class _RefusedError(Exception):
    """Carries a `Rejected` out of a nested reading."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.rejected = Rejected(reason, detail)


_NOT_QUICK = (KeyError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def _time(raw: wire.Stamp, fallback: int) -> tuple[int, bool]:
    """The stamp and whether the device gave it (rule 2)."""
    if raw is None:
        return fallback, False
    ms = wire_time(raw)
    if ms is None:
        raise _RefusedError(
            "bad_time", f"ts {str(raw)[:40]!r} is neither RFC 3339 with an offset nor epoch milliseconds"
        )
    return ms, True


_percents: dict[tuple[str, ...], tuple[str, ...]] = {}
"""Of each set of metric names seen: which are percentages. Devices say the same few sets over and over."""


def _metrics(raw: Mapping[str, Value]) -> Metrics:
    """Rule 1: names, and percentages within 0–100. That numbers are finite, the decoder saw to."""
    names = tuple(raw)
    percents = _percents.get(names)
    for name in _shape(names) if percents is None else percents:
        value = raw[name]
        if value is not None and (isinstance(value, (bool, str)) or not 0 <= value <= 100):
            raise _RefusedError("out_of_range", f"{name}={str(value)[:40]}: a percentage is a number from 0 to 100")
    return raw


def _shape(names: tuple[str, ...]) -> tuple[str, ...]:
    if not 0 < len(names) <= wire.MAX_METRICS:
        raise _RefusedError("bad_metrics", f"`m` has {len(names)} metrics; 1 to {wire.MAX_METRICS} are read")
    for name in names:
        if _METRIC.fullmatch(name) is None:
            raise _RefusedError("bad_metrics", f"metric name {name[:70]!r} is not [a-z][a-z0-9_]*")
    if len(_percents) >= _MOST:
        _percents.clear()
    found = _percents[names] = tuple(name for name in names if name.endswith(wire.PERCENT))
    return found


def _with_texts(raw: Mapping[str, Value]) -> Metrics:
    """Metrics that may hold texts: bounded, without NUL, private patterns masked (rule 9)."""
    return _metrics({name: _text(name, value) if isinstance(value, str) else value for name, value in raw.items()})


def _text(name: str, value: str) -> str:
    if len(value) > wire.MAX_TEXT or "\0" in value:
        raise _RefusedError("bad_value", f"{name}: text over {wire.MAX_TEXT} characters or with NUL")
    return masked(value)


def _birth(device: str, message: Message) -> list[Report]:
    said = wire.BIRTH.decode(message.payload)
    ts, _ = _time(said.ts, message.received_at)
    who = msgspec.structs.asdict(said.device)
    gateway = address(device.split("/", 1)[0], "gateway", said.gateway) if said.gateway else None
    return [
        Birth(
            device, ts, said.session, **who, gateway=gateway, interval_s=said.interval_s, metrics=said.metrics,
            commands=tuple(said.commands),
        )
    ]  # fmt: skip


def _status(device: str, message: Message) -> list[Report]:
    said = wire.STATUS.decode(message.payload)
    ts, stamped = _time(said.ts, message.received_at)
    return [Status(device, ts, said.state, said.session, said.reason, said.reason == "lwt", stamped)]


def _telemetry(device: str, message: Message) -> list[Report]:
    said = wire.TELEMETRY.decode(message.payload)
    if (said.m is None) == (said.batch is None):
        raise _RefusedError("bad_shape", "telemetry carries either `m` or `batch`")
    if said.m is not None:
        return [_sample(device, said.session, wire.Entry(said.m, said.seq, said.ts), message, late=False)]
    return [_sample(device, said.session, entry, message, late=True) for entry in said.batch or ()]


def _sample(device: str, session: str | None, entry: wire.Entry, message: Message, *, late: bool) -> Sample:
    ts, stamped = _time(entry.ts, message.received_at)
    metrics = _with_texts(entry.m)
    return Sample(device, ts, metrics, message.received_at, session, entry.seq, session or "", stamped, late)


def _event(device: str, message: Message) -> list[Report]:
    said = wire.EVENT.decode(message.payload)
    ts, stamped = _time(said.ts, message.received_at)
    return [
        Event(
            device, ts, said.id, said.type, said.phase, message.received_at, said.severity, said.data, said.session,
            said.seq, said.session or "", stamped,
        )
    ]  # fmt: skip


def _ack(device: str, message: Message) -> list[Report]:
    said = wire.ACK.decode(message.payload)
    ts, _ = _time(said.ts, message.received_at)
    return [Ack(device, ts, said.ref, said.state, said.session, said.detail)]


def _command(_device: str, _message: Message) -> Parsed:
    return Ignored("own_order")


_READERS: Mapping[str, Callable[[str, Message], Parsed]] = {
    "birth": _birth, "status": _status, "telemetry": _telemetry, "event": _event, "ack": _ack, "command": _command,
}  # fmt: skip
_known: dict[str, tuple[str, Callable[[str, Message], Parsed]]] = {}
_speakers: dict[str, str] = {}  # of these, those of telemetry, and whose they are


def _place(topic: str) -> tuple[str, Callable[[str, Message], Parsed]] | Rejected:
    """Whose topic it is and what reads its channel."""
    where = split(topic)
    if where is None:
        return Rejected("bad_topic", "native topics are ioc/v1/<site>/<family>/<device>/<channel> in slugs")
    device, channel = where
    if device.split("/")[1] not in FAMILIES:
        return Rejected("unknown_family", f"known families: {', '.join(FAMILIES)}")
    if len(_known) >= _MOST:
        _known.clear()
        _speakers.clear()
    found = _known[topic] = device, _READERS[channel]
    if channel == "telemetry":
        _speakers[topic] = device
    return found


def read(message: Message) -> Parsed:
    """Translate one message of the native wire."""
    place = _known.get(message.topic) or _place(message.topic)
    if isinstance(place, Rejected):
        return place
    device, reader = place
    size = len(message.payload)
    if not size:
        # An empty retained message only clears what the broker kept; it says nothing of the device.
        return Ignored("cleared") if reader in (_birth, _status) else Rejected("empty", "no payload")
    if size > MAX_PAYLOAD:
        return Rejected("too_large", f"{size} bytes; at most {MAX_PAYLOAD}")
    try:
        return reader(device, message)
    except _RefusedError as refusal:
        return refusal.rejected
    except msgspec.ValidationError as error:
        return Rejected("bad_shape", str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Rejected("not_json", str(error)[:200])


def quick(messages: Sequence[Message]) -> list[Sample | None]:
    """The usual telemetry, read in one loop without a call for each; None for what is unusual or wrong."""
    devices, percents, decode = _speakers, _percents, wire.QUICK.decode
    found: list[Sample | None] = []
    append = found.append
    for message in messages:
        device, payload, received = devices.get(message.topic), message.payload, message.received_at
        if device is None or message.retained or message.repeated or len(payload) > MAX_PAYLOAD:
            append(None)
            continue
        try:
            said = decode(payload)
            metrics, session, ts = said.m, said.session, said.ts
            for name in percents[tuple(metrics)]:
                value = metrics[name]
                if value is not None and (not 0 <= value <= 100 or value is True or value is False):
                    raise KeyError(name)  # refused in full, with the reason
        except _NOT_QUICK:
            append(None)
            continue
        moment = received if ts is None else ts if type(ts) is int else round(ts.timestamp() * 1000)  # type: ignore[union-attr]
        sample = Sample(device, moment, metrics, received, session, said.seq, session or "", ts is not None)
        append(sample if 0 <= moment <= LAST_MS else None)
    return found


def _open(_source: Source) -> Read:
    return read


ADAPTER = Adapter("native", (f"{PREFIX}#",), _open, quick=quick)

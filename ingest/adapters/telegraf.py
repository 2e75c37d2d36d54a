"""Telegraf's MQTT output (docs/adapters.md): `telegraf/<host>/<plugin>`, in JSON or Influx line protocol.

A point has a name, tags, fields and a time in the unit that its size tells (seconds to nanoseconds; the years 1973 to
5138). The table gives the fields that have a name of ours; others keep their own. Tags beside the host tell points of
one time apart. Source: telegraf's serializers and Influx' line protocol reference.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Message, Rejected, Sample, Value
from ingest.privacy import masked
from ingest.scalars import epoch_ms, number
from ingest.table import decoded
from ingest.telling import paced
from ingest.topics import slug
from ingest.units import Unit, own_metrics, own_name, unit_of

_MOST_POINTS = 2000
_SCALES = ((1e11, 1000.0), (1e14, 1.0), (1e17, 0.001))  # below this size: seconds, ms, µs; above: ns
_PERCENT, _MS, _PLAIN = unit_of("%"), unit_of("ms"), Unit()
_NAMES: Mapping[tuple[str, str], tuple[str, Unit]] = {
    ("mem", "used_percent"): ("mem_used_pct", _PERCENT), ("mem", "free"): ("mem_free_bytes", _PLAIN),
    ("mem", "total"): ("mem_total_bytes", _PLAIN), ("swap", "used_percent"): ("swap_used_pct", _PERCENT),
    ("disk", "used_percent"): ("disk_used_pct", _PERCENT), ("system", "uptime"): ("uptime_s", _PLAIN),
    ("cpu", "usage_idle"): ("cpu_pct", Unit("pct", -1, 100)), ("sensors", "temp_input"): ("temperature_c", _PLAIN),
    ("ping", "average_response_ms"): ("rtt_ms", _MS), ("ping", "percent_packet_loss"): ("loss_pct", _PERCENT),
    ("wireless", "level"): ("signal_dbm", _PLAIN), ("wireless", "noise"): ("noise_dbm", _PLAIN),
}  # fmt: skip
_ANYWHERE = {
    "rx_bytes": "rx_bytes_total", "tx_bytes": "tx_bytes_total", "bytes_recv": "rx_bytes_total",
    "bytes_sent": "tx_bytes_total", "ifHCInOctets": "rx_bytes_total", "ifHCOutOctets": "tx_bytes_total",
    "ifInOctets": "rx_bytes_total", "ifOutOctets": "tx_bytes_total",
}  # fmt: skip
_PARTS = {"cpu": "cpu-total", "path": "/"}  # tags of which one value is the whole
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[^\\"]', re.DOTALL)
_WORDS = {"t": True, "T": True, "f": False, "F": False}


@dataclass(frozen=True, slots=True)
class _Point:
    name: str
    tags: Mapping[str, object]
    fields: Mapping[str, object]
    time: object


def read(message: Message, source: Source) -> Parsed:
    """Translate one message of a telegraf."""
    points = _json(message.payload) if message.payload[:1] in (b"{", b"[") else _lines(message.payload)
    if isinstance(points, Rejected):
        return points
    samples = [sample for point in points[:_MOST_POINTS] for sample in _samples(point, message, source)]
    return samples or Rejected("bad_shape", "no point with a host and fields")


def _json(payload: bytes) -> Sequence[_Point] | Rejected:
    body = decoded(payload)
    if isinstance(body, Rejected):
        return body
    batch = body.get("metrics") if isinstance(body, dict) and "metrics" in body else body
    parts = [part for part in (batch if isinstance(batch, list) else [batch]) if isinstance(part, dict)]
    return [
        _Point(str(part.get("name", "")), tags if isinstance(tags := part.get("tags"), dict) else {}, fields,
               part.get("timestamp"))
        for part in parts if isinstance(fields := part.get("fields"), dict)
    ]  # fmt: skip


def _lines(payload: bytes) -> Sequence[_Point] | Rejected:
    text = decoded(payload, "text")
    if isinstance(text, Rejected):
        return text
    lines = (line for line in str(text).split("\n")[:_MOST_POINTS] if line and not line.startswith("#"))
    return [point for line in lines if (point := _line(line)) is not None]


def _line(line: str) -> _Point | None:
    """`name,tag=value field=1i,other="text" 1795318990000000000`."""
    parts = [part for part in _split(line, " ") if part]
    if len(parts) not in (2, 3):
        return None
    name, *tags = _split(parts[0], ",")
    fields = dict(_pairs(_split(parts[1], ",")))
    return _Point(
        _bare(name), dict(_pairs(tags)), {key: _field(value) for key, value in fields.items()}, parts[2:] and parts[2]
    )


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that are neither escaped nor quoted."""
    parts = [""]
    for token in _TOKEN.findall(text):
        if token == separator:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def _pairs(parts: Sequence[str]) -> Iterator[tuple[str, str]]:
    for part in parts:
        key, *rest = _split(part, "=")
        if rest and key:
            yield _bare(key), _bare("=".join(rest)) if not rest[0].startswith('"') else "=".join(rest)


def _bare(text: str) -> str:
    return re.sub(r"\\([, =\"\\])", r"\1", text)


def _field(raw: str) -> object:
    if raw.startswith('"'):
        return _bare(raw[1:-1])
    return _WORDS[raw] if raw in _WORDS else raw[:-1] if raw[-1:] in "iu" and raw[:-1].lstrip("-").isdigit() else raw


def _samples(point: _Point, message: Message, source: Source) -> Iterator[Sample]:
    levels = message.topic.strip("/").split("/")
    tag = source.options.get("device_tag", "host")
    host = str(point.tags.get(tag) or (levels[1] if len(levels) > 1 else ""))
    metrics = _metrics(point, source)
    if not slug(host) or not metrics:
        return
    size = number(point.time)
    scale = next((scale for limit, scale in _SCALES if size is not None and size < limit), 1e-6)
    own = epoch_ms(size, scale)
    ts = message.received_at if own is None else own
    others = (f"{key}={value}" for key, value in sorted(point.tags.items()) if key not in (tag, "host"))
    origin = masked(",".join((point.name, *others)))[:120]
    yield Sample(
        source.address("gateway", host), ts, metrics, message.received_at, origin=origin, stamped=own is not None
    )


def _metrics(point: _Point, source: Source) -> dict[str, Value]:
    own = {key: value for key, value in point.fields.items() if (point.name, key) not in _NAMES}
    found: dict[str, Value] = {_ANYWHERE.get(key, key): value for key, value in own_metrics(source, own).items()}
    for key, value in point.fields.items():
        if (known := _NAMES.get((point.name, key))) is not None:
            found[known[0]] = known[1].value(value)
    part = next((str(point.tags[tag]) for tag, whole in _PARTS.items() if point.tags.get(tag, whole) != whole), "")
    prefix = f"{own_name(slug(part))[:31]}." if slug(part) else ""
    return {prefix + name: value for name, value in found.items()}


ADAPTER = Adapter("telegraf", ("telegraf/#", "/telegraf/#"), paced(stateless(read)))

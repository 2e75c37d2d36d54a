"""SenML packs in JSON (RFC 8428; docs/adapters.md), under `ioc/senml/` or `senml/`.

A pack is a list of records that inherit base name, time, unit and value from those before them. The device stands in
the names (`urn:dev:ow:10e2073a:voltage`, RFC 9039), else in the topic. One pack may hold many devices at many times:
each gives a sample, all but a device's newest marked late.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Message, Rejected, Sample, Value
from ingest.scalars import epoch_ms, number
from ingest.table import decoded
from ingest.telling import paced
from ingest.topics import slug
from ingest.units import chosen_name, own_value, unit_of

_PREFIXES = ("ioc/senml/", "senml/")
_MOST_RECORDS = 5000
_ABSOLUTE = 2**28  # seconds: smaller times count from now (RFC 8428, section 4.5.3)
_URN = re.compile(r"urn:dev:[a-z0-9]+:(?P<device>[^:/_]+)[:/_]*(?P<metric>.*)")
_BASES = frozenset(("bn", "bt", "bu", "bv", "bs", "bver"))


@dataclass(frozen=True, slots=True)
class _Point:
    device: str
    metric: str
    seconds: float | None  # as written; None: now
    value: Value


def read(message: Message, source: Source) -> Parsed:
    """Translate one pack."""
    pack = decoded(message.payload)
    if isinstance(pack, Rejected):
        return pack
    if not isinstance(pack, list) or not 0 < len(pack) <= _MOST_RECORDS:
        return Rejected("bad_shape", f"a pack is a list of 1 to {_MOST_RECORDS} records")
    if any(not isinstance(record, dict) or any(key.endswith("_") for key in record) for record in pack):
        return Rejected("bad_shape", "a record is an object, without fields that must be understood and are not")
    topic = next((message.topic.removeprefix(p) for p in _PREFIXES if message.topic.startswith(p)), "")
    points = list(_points(pack, topic, source))
    if not points:
        return Rejected("bad_shape", "no record with a name and a value")
    return _samples(points, source, message)


def _points(pack: Sequence[Mapping[str, object]], topic: str, source: Source) -> Iterator[_Point]:
    base: dict[str, object] = {}
    for record in pack:
        base.update({key: value for key, value in record.items() if key in _BASES})
        device, metric = _name(str(base.get("bn", "")), str(record.get("n", "")), topic)
        unit = unit_of(record.get("u", base.get("bu")))
        name = unit.name(chosen_name(source, metric))
        if not slug(device) or not name:
            continue
        if "v" in record or ("bv" in base and not record.keys() & {"vs", "vb", "vd", "s"}):
            value: Value = unit.value((number(record.get("v", 0)) or 0) + (number(base.get("bv", 0)) or 0))
            value = None if "v" in record and number(record["v"]) is None else value
        elif "vb" in record or "vs" in record:
            value = own_value(record.get("vb", record.get("vs")))
        else:
            continue  # only data or a sum: bases for those that follow
        yield _Point(device, name, _seconds(base.get("bt"), record.get("t")), value)


def _name(base: str, name: str, topic: str) -> tuple[str, str]:
    """The device and what was measured. Names are global; a plain one belongs to the device of the topic."""
    urn = _URN.fullmatch(base + name)
    if urn is not None:
        return urn["device"], urn["metric"] or "value"
    parts = [part for part in re.split(r"[:/\[\]]", base) if part]
    return (parts[-1] if parts else topic), name or "value"


def _seconds(base: object, offset: object) -> float | None:
    start, after = number(base), number(offset)
    return None if start is None and after is None else (start or 0) + (after or 0)


def _samples(points: Sequence[_Point], source: Source, message: Message) -> Parsed:
    found: dict[tuple[str, int, bool], dict[str, Value]] = {}
    for point in points:
        ts, stamped = _time(point.seconds, message.received_at)
        found.setdefault((point.device, ts, stamped), {})[point.metric] = point.value
    newest = {device: ts for device, ts, _ in sorted(found, key=lambda key: key[1])}
    return [
        Sample(source.address("gateway", device), ts, metrics, message.received_at, origin="senml",
               stamped=stamped, late=ts < newest[device])
        for (device, ts, stamped), metrics in sorted(found.items(), key=lambda item: item[0][1])
    ]  # fmt: skip


def _time(seconds: float | None, now: int) -> tuple[int, bool]:
    """Epoch milliseconds, and whether the device's own clock says so."""
    if seconds is not None and seconds >= _ABSOLUTE:
        ms = epoch_ms(seconds, 1000.0)
        return (now, False) if ms is None else (ms, True)
    ms = epoch_ms(now + (seconds or 0) * 1000)
    return (now if ms is None else ms), False


ADAPTER = Adapter("senml", tuple(f"{prefix}#" for prefix in _PREFIXES), paced(stateless(read)))

"""Shelly devices from generation 2 on (docs/adapters.md): `<id>/status/<component>`, `<id>/events/rpc`, `<id>/online`.

The id stands first, so these filters fit many others' topics: whatever does not look like a Shelly is left to other
adapters. Notices tell only what changed. The device is that of the topic: the sender in the body may be another name.
Source: the maker's API documentation, MQTT and components.
"""

import re
from collections.abc import Iterator, Mapping

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Event, Ignored, Message, Rejected, Report, Sample, Status, Value
from ingest.scalars import epoch_ms, truth
from ingest.table import MISSING, Metric, at, decoded, told
from ingest.telling import WILLED_S, paced
from ingest.topics import slug

_PART = re.compile(r"(?P<kind>[a-z0-9_]+)(?::(?P<id>\d{1,4}))?")
_BARE = frozenset(("sys", "wifi", "eth", "cloud", "mqtt", "ble", "ws", "ui", "modbus", "knx", "bthome"))
_MOST = 64
_VALUES = (
    Metric("temperature_c", "temperature.tC"), Metric("mains_v", "voltage"), Metric("current_a", "current"),
    Metric("power_w", "apower"), Metric("energy_wh_total", "aenergy.total"), Metric("temperature_c", "tC"),
    Metric("humidity_pct", "rh"), Metric("light_lux", "lux"), Metric("battery_pct", "battery.percent"),
    Metric("uptime_s", "uptime"), Metric("signal_dbm", "rssi"),
)  # fmt: skip
_NOTICES = frozenset(("NotifyStatus", "NotifyFullStatus", "NotifyEvent"))


def read(message: Message, source: Source) -> Parsed:
    """Translate one message of a Shelly; None where it is none."""
    name, *rest = message.topic.split("/")
    if not slug(name):
        return None
    device, body = source.address("gateway", name), decoded(message.payload)
    match rest:
        case ["online"] if name.startswith("shelly"):
            return _online(device, body, message)
        case ["status", part] if _known(part) and (name.startswith("shelly") or at(body, "id") is not MISSING):
            if not isinstance(body, dict):
                return body if isinstance(body, Rejected) else Rejected("bad_shape", "a status is an object")
            return _status(device, {part: body}, None, part, message)
        case ["events", "rpc"] if isinstance(body, dict) and str(body.get("method")) in _NOTICES:
            return _notice(device, body, message)
        case ["events", "rpc"] if name.startswith("shelly"):
            return body if isinstance(body, Rejected) else Rejected("bad_shape", "a notice has a method and params")
    return None


def _known(part: str) -> bool:
    found = _PART.fullmatch(part)
    return found is not None and (found["id"] is not None or found["kind"] in _BARE)


def _online(device: str, body: object, message: Message) -> Parsed:
    there = truth(body)
    if there is None:
        return Rejected("bad_value", "online is true or false")
    reason = None if there else "lwt"
    return [Status(device, message.received_at, "online" if there else "offline", reason=reason, will=not there)]


def _notice(device: str, body: Mapping[str, object], message: Message) -> Parsed:
    params = body.get("params")
    if not isinstance(params, dict):
        return Rejected("bad_shape", "a notice has params")
    own = epoch_ms(params.get("ts"), 1000.0)
    if body["method"] != "NotifyEvent":
        return _status(device, params, own, "rpc", message)
    events = params.get("events")
    found = [event for event in events[:_MOST] if isinstance(event, dict)] if isinstance(events, list) else []
    return [*_events(device, found, message)] or Rejected("bad_shape", "a NotifyEvent has events")


def _events(device: str, events: list[dict[str, object]], message: Message) -> Iterator[Report]:
    """Something pressed or done: a moment, so its beginning is all there is of it."""
    for event in events:
        part, what, own = (
            str(event.get("component"))[:40],
            str(event.get("event"))[:60],
            epoch_ms(event.get("ts"), 1000.0),
        )
        ts = message.received_at if own is None else own
        yield Event(device, ts, f"{part}/{what}@{ts}"[:64], what, "start", message.received_at,
                    data={"component": part}, origin=part, stamped=own is not None)  # fmt: skip


def _status(device: str, parts: Mapping[str, object], own: int | None, origin: str, message: Message) -> Parsed:
    metrics: dict[str, Value] = {}
    for part, body in list(parts.items())[:_MOST]:
        found = _PART.fullmatch(part)
        if found is not None and isinstance(body, dict):
            for name, value in _values(found["kind"] + (found["id"] or ""), body):
                metrics.setdefault(name if name not in metrics else f"{found['kind']}{found['id'] or ''}.{name}", value)
    if not metrics:
        return Ignored("not_used")  # the cloud's, the clock's and the like
    ts = message.received_at if own is None else own
    return [Sample(device, ts, metrics, message.received_at, origin=origin[:120], stamped=own is not None)]


def _values(part: str, body: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    """A component's values: `switch:0`'s output is `switch0`, `input:1`'s state `input1`."""
    for key in ("output", "state", "alarm"):
        if (raw := at(body, key)) is not MISSING and not isinstance(raw, dict | list):
            yield part, truth(raw)
    yield from told(_VALUES, body).items()


ADAPTER = Adapter("shelly", ("+/status/+", "+/events/rpc", "+/online"), paced(stateless(read), WILLED_S))

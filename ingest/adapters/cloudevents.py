"""CloudEvents 1.0 in structured mode (docs/adapters.md), on `ioc/events` or below `cloudevents/`; also batches.

`source` and `id` are an event's identity; the device is the source's last part. Data of plain numbers and booleans is
a sample; anything else an event of its `type`, whose end a type like `….ended` tells. Source: the CloudEvents
specification, its JSON format and MQTT binding (MQTT 3.1.1 knows structured mode alone).
"""

from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import FAMILIES, Event, Message, Rejected, Report, Sample
from ingest.scalars import rfc3339_ms
from ingest.table import decoded
from ingest.telling import QUIET_S, paced
from ingest.topics import slug
from ingest.units import own_metrics

_MOST = 500
_ENDS = (".end", ".ended", ".cleared", ".closed", ".stopped")
_NEEDED = ("id", "source", "type")


def read(message: Message, source: Source) -> Parsed:
    """Translate one event, or a batch of them."""
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    reports: list[Report] = []
    for part in body[:_MOST] if isinstance(body, list) else [body]:
        found = _event(part, message, source)
        if isinstance(found, Rejected):
            return found
        reports.append(found)
    return reports or Rejected("bad_shape", "an empty batch")


def _event(body: object, message: Message, source: Source) -> Report | Rejected:
    if not isinstance(body, dict) or not str(body.get("specversion", "")).startswith("1."):
        return Rejected("bad_shape", "an event has specversion 1.x")
    if not all(isinstance(body.get(key), str) and body[key] for key in _NEEDED):
        return Rejected("bad_shape", "an event has id, source and type")
    kind, name = body["type"], _device(body["source"])
    if not slug(name):
        return Rejected("bad_shape", "source names no device")
    time = body.get("time")
    own = rfc3339_ms(time) if isinstance(time, str) else None
    if time is not None and own is None:
        return Rejected("bad_time", f"time {str(time)[:40]!r} is not RFC 3339 with an offset")
    ts = message.received_at if own is None else own
    device, raw = source.address(_family(kind, body["source"]), name), body.get("data")
    data = raw if isinstance(raw, dict) else {}
    plain = all(isinstance(value, int | float | None) for value in data.values())
    if plain and (metrics := own_metrics(source, data)):
        return Sample(device, ts, metrics, message.received_at,
                      origin=f"{kind[:50]}#{body['id']}"[:120], stamped=own is not None)  # fmt: skip
    return Event(
        device, ts, body["id"][:64], kind[:64], "end" if kind.endswith(_ENDS) else "start", message.received_at,
        severity=_severity(data), data=data, origin=kind[:120], stamped=own is not None,
    )  # fmt: skip


def _device(uri: str) -> str:
    """The last part of the source, a path or a URI: `/ap/wifi-ap-0042`, `urn:device:loa-1`."""
    return uri.rstrip("/:").replace(":", "/").rsplit("/", 1)[-1]


def _family(kind: str, uri: str) -> str:
    """A family that the type or the source names as one of its parts, else gateway."""
    words = [*kind.lower().split("."), *uri.lower().replace(":", "/").split("/")[:-1]]
    return next((word for word in words if word in FAMILIES), "gateway")


def _severity(data: Mapping[str, object]) -> str | None:
    severity = data.get("severity")
    return severity[:40] if isinstance(severity, str) else None


ADAPTER = Adapter("cloudevents", ("ioc/events", "cloudevents/#"), paced(stateless(read), QUIET_S))

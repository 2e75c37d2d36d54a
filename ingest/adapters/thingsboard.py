"""Devices that speak ThingsBoard's MQTT API (docs/adapters.md): `v1/devices/me/…` and `v1/gateway/…`.

There a device is known by its credentials alone, which we do not see: the option `device` names it, and where several
share the broker each needs a source of its own. A gateway's messages name its devices, so they need no option; with it
they have a gateway. Source: ThingsBoard's MQTT device API and gateway API.
"""

from collections.abc import Iterator, Mapping

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Birth, Ignored, Message, Rejected, Report, Sample, Status
from ingest.scalars import epoch_ms
from ingest.table import decoded
from ingest.telling import paced
from ingest.topics import slug
from ingest.units import own_metrics

_MOST = 2000


def read(message: Message, source: Source) -> Parsed:
    """Translate one message; None for topics under `v1/` of no form of ThingsBoard's."""
    levels = message.topic.split("/")
    match levels[1:]:
        case ["devices", "me", "telemetry" | "attributes" as what]:
            body = decoded(message.payload)
            device = source.options.get("device", "")
            if not slug(device):
                return Rejected("no_identity", "known by its credentials alone: name it by the option `device`")
            return body if isinstance(body, Rejected) else _told({device: body}, what, message, source)
        case ["gateway", "telemetry" | "attributes" as what]:
            body = decoded(message.payload)
            if not isinstance(body, dict):
                return body if isinstance(body, Rejected) else Rejected("bad_shape", "an object of devices")
            return _told(body, what, message, source)
        case ["gateway", "connect" | "disconnect" as what]:
            return _connection(what, message, source)
        case ["devices" | "gateway", *_]:
            return Ignored("own_order" if "rpc" in levels else "not_used")
    return None


def _told(devices: Mapping[str, object], what: str, message: Message, source: Source) -> Parsed:
    reports: list[Report] = []
    for name, body in devices.items():
        samples = list(_samples(name, body, what, message, source))[: _MOST - len(reports)] if slug(name) else []
        reports += [*_gateway(name, message, source), *samples] if samples else []
    return reports or Rejected("bad_shape", "no values")


def _samples(name: str, body: object, what: str, message: Message, source: Source) -> Iterator[Sample]:
    """Values alone, with their time, or a list of either; all but the newest are late."""
    groups = [group for group in (body if isinstance(body, list) else [body]) if isinstance(group, dict)]
    timed = [(epoch_ms(group.get("ts")), values) for group in groups if isinstance(values := group.get("values"), dict)]
    timed += [(None, group) for group in groups if "values" not in group]
    newest = max((message.received_at if own is None else own for own, _ in timed), default=0)
    for own, values in sorted(timed, key=lambda pair: (pair[0] is None, pair[0])):
        metrics, ts = own_metrics(source, values), message.received_at if own is None else own
        if metrics:
            yield Sample(source.address("gateway", name), ts, metrics, message.received_at,
                         origin=what, stamped=own is not None, late=ts < newest)  # fmt: skip


def _gateway(name: str, message: Message, source: Source) -> list[Report]:
    """Who speaks for a gateway's device, where the option tells."""
    own = source.options.get("device", "")
    if not slug(own) or name == own:
        return []
    return [Birth(source.address("gateway", name), message.received_at, gateway=source.address("gateway", own))]


def _connection(what: str, message: Message, source: Source) -> Parsed:
    body = decoded(message.payload)
    name = body.get("device") if isinstance(body, dict) else body
    if isinstance(name, Rejected):
        return name
    if not isinstance(name, str) or not slug(name):
        return Rejected("bad_shape", "a connection names its `device`")
    state, reason = ("online", None) if what == "connect" else ("offline", "clean")
    status = Status(source.address("gateway", name), message.received_at, state, reason=reason)
    return [*_gateway(name, message, source), status]


ADAPTER = Adapter("thingsboard", ("v1/devices/#", "v1/gateway/#"), paced(stateless(read)))

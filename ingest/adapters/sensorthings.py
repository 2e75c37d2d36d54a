"""OGC SensorThings' MQTT extension (docs/adapters.md): `v1.0/Datastreams(1)/Observations`, also `v1.1/`.

A datastream is one measured thing, so it is the device here; the options `id.Datastreams(1)` and `name.Datastreams(1)`
put several into one device under names of their own. `phenomenonTime` is when it was measured (an interval: its end),
`resultTime` when it was written down. Source: OGC 18-088, SensorThings API part 1.
"""

import re

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Rejected, Sample, Value
from ingest.scalars import rfc3339_ms
from ingest.table import decoded
from ingest.telling import paced
from ingest.topics import slug
from ingest.units import chosen_name, own_metrics, own_value

_STREAM = re.compile(r"(?:Multi)?Datastreams\([^()/]{1,80}\)")


def read(message: Message, source: Source) -> Parsed:
    """Translate one observation."""
    levels = message.topic.split("/")
    stream = next((level for level in levels if _STREAM.fullmatch(level)), "")
    if levels[-1] != "Observations":
        return Ignored("not_used")  # descriptions of things, sensors and places
    body = decoded(message.payload)
    if not isinstance(body, dict):
        return body if isinstance(body, Rejected) else Rejected("bad_shape", "an observation is an object")
    inner = body.get("Datastream")
    if not stream and isinstance(inner, dict):
        stream = f"Datastreams({str(inner.get('@iot.id', ''))[:80]})"
    if not slug(stream.partition("(")[2]) or "result" not in body:
        return Rejected("bad_shape", "an observation has a result, and its topic or its body a datastream")
    times = (_time(body.get(key)) for key in ("phenomenonTime", "resultTime"))
    own = next((time for time in times if time is not None), None)
    ts = message.received_at if own is None else own
    metrics = _result(stream, body["result"], source)
    if not metrics:
        return Rejected("bad_shape", "a result without values")
    return [Sample(source.address("gateway", stream), ts, metrics, message.received_at,
                   origin=stream, stamped=own is not None)]  # fmt: skip


def _result(stream: str, result: object, source: Source) -> dict[str, Value]:
    if isinstance(result, dict):
        return own_metrics(source, result)
    name = chosen_name(source, stream) if f"name.{stream}" in source.options else chosen_name(source, "result")
    if isinstance(result, list):  # of a multi-datastream
        return {f"{name}_{place}": own_value(part) for place, part in enumerate(result[:64])}
    return {name: own_value(result)}


def _time(raw: object) -> int | None:
    return rfc3339_ms(raw.rsplit("/", 1)[-1]) if isinstance(raw, str) else None


ADAPTER = Adapter("sensorthings", ("v1.0/#", "v1.1/#"), paced(stateless(read)))

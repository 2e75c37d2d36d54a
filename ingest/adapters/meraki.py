"""Cisco Meraki MV cameras with MV Sense (docs/adapters.md): `/merakimv/<serial>/<zone>` and `…/light`.

Source: Cisco's MV Sense MQTT documentation. Times are milliseconds. Zone 0 is the whole picture; other zones keep
their number in the metric's name. Single objects (`raw_detections`, several times a second) are not read.
"""

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Sample, Value
from ingest.scalars import epoch_ms, number
from ingest.table import Clock, Metric, Row, at, by_table, decoded
from ingest.telling import Roll
from ingest.topics import slug

_LIGHT = Row("/?merakimv/{device}/light", family="camera", clock=Clock("ts", "ms"), metrics=(
    Metric("light_lux", "lux"),))  # fmt: skip
_STREAMS = frozenset(("raw_detections", "audio_detections", "audio_analytics", "custom_analytics"))
_MOST_CLASSES = 32


def open_meraki(source: Source) -> Read:
    """Read as an MV camera."""
    roll, light = Roll(source), by_table((_LIGHT,))(source)

    def read(message: Message) -> Parsed:
        match message.topic.removeprefix("/").split("/"):
            case ["merakimv", serial, "light"] if slug(serial):
                parsed = light(message)
            case ["merakimv", serial, zone] if slug(serial) and zone.isdecimal() and zone.isascii():
                parsed = _counts(source.address("camera", serial), zone, message)
            case ["merakimv", _, kind, *_]:
                return Ignored("frames" if kind in _STREAMS else "not_used")
            case _:
                return Rejected("bad_topic", "an MV camera's topics are /merakimv/<serial>/<zone>")
        if not isinstance(parsed, list):
            return parsed
        return roll.introduce(source.address("camera", serial), message.received_at, maker="Cisco Meraki") + parsed

    return read


def _counts(device: str, zone: str, message: Message) -> Parsed:
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    counts, own = at(body, "counts"), epoch_ms(at(body, "ts"))
    if not isinstance(counts, dict) or not counts:
        return Rejected("bad_shape", "`counts` holds a number for each class")
    ts = message.received_at if own is None else own
    where = "" if zone.strip("0") == "" else f"_zone_{zone[:20]}"
    metrics: dict[str, Value] = {
        f"count_{slug(name).replace('-', '_')[:24]}{where}": number(value)
        for name, value in list(counts.items())[:_MOST_CLASSES]
        if slug(name)
    }
    return [Sample(device, ts, metrics, message.received_at, origin=f"zone/{zone}", stamped=own is not None)]


ADAPTER = Adapter("meraki", ("/merakimv/#", "merakimv/#"), open_meraki)

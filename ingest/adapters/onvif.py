"""ONVIF events over MQTT (docs/adapters.md): `<prefix>/onvif-ej/<topic>[/&<source>…]`, as Bosch and Hanwha write them.

Source: ONVIF Core Specification, "JSON Event Payload" and "MQTT"; what firmware does otherwise: numbers in quotes
(Bosch), namespaces kept in topics and `SimpleItem` lists (Hanwha). A payload of no bytes means that the property is
gone; on Hanwha's `<prefix>/heartbeat` it means that the camera lives. Of an event's data only what is named here is
read: recognised faces and plates come as ONVIF events too. `onvif-mj`, scene metadata many times a second, is not.
"""

import re
from collections.abc import Mapping, Sequence

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Report, Sample, Status, Value
from ingest.scalars import moment_ms, number, truth
from ingest.table import at, decoded
from ingest.telling import PHASES, QUIET_S, Roll, happened
from ingest.topics import slug

_NAMESPACE = re.compile(r"^\w+:")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:[:-]?[0-9A-Fa-f]{2}){5}")
_FLAGS = ("State", "IsMotion", "IsInside", "IsTamper", "IsSoundDetected", "LogicalState", "Failed", "Active", "Alarm",
          "Critical")  # fmt: skip
_COUNTS = {"Counter": "count", "OccupancyCounter": "occupancy"}
_STATES = {"MotionAlarm": "motion", "Motion": "motion", "Relay": "relay", "DigitalInput": "digital_input"}
_SEVERE = ("HardwareFailure", "ImageTooDark", "ImageTooBright", "ImageTooBlurry", "GlobalSceneChange", "SignalLoss",
           "Tamper")  # fmt: skip


def open_onvif(source: Source) -> Read:
    """Read as an ONVIF device; remembers which devices it met."""
    roll = Roll(source)

    def read(message: Message) -> Parsed:
        levels = message.topic.split("/")
        if levels[-1] == "heartbeat":
            return _heartbeat("/".join(levels[:-1]), message, source, roll)
        form = next((level for level in levels[1:3] if level in ("onvif-ej", "onvif-mj")), None)
        if form is None:
            return None
        prefix, rest = "/".join(levels[: levels.index(form, 1)]), levels[levels.index(form, 1) + 1 :]
        if form == "onvif-mj":
            return Ignored("frames")
        if not slug(prefix) or not rest or not all(rest):
            return Rejected("bad_topic", "ONVIF's topics are <prefix>/onvif-ej/<topic>[/&<source>…]")
        return _event(source.address("camera", prefix), rest, message, roll)

    return read


def _heartbeat(prefix: str, message: Message, source: Source, roll: Roll) -> Parsed:
    """Many programs have a topic of this name: only a camera's, by its address or because it was met."""
    device = source.address("camera", prefix)
    if message.payload or not (_MAC.fullmatch(prefix) or device in roll):
        return None
    return [Status(device, message.received_at, "online")]


def _event(device: str, rest: Sequence[str], message: Message, roll: Roll) -> Parsed:
    """Names to the first `&`, then the values of the source."""
    mark = next((i for i, level in enumerate(rest) if level.startswith("&")), len(rest))
    names = [_NAMESPACE.sub("", level) for level in rest[:mark]]
    sources = [level.removeprefix("&") for level in rest[mark:]]
    if not names:
        return Rejected("bad_topic", "an ONVIF topic begins with a name")
    body: object = {} if not message.payload else decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    if not isinstance(body, dict):
        return Rejected("bad_shape", "an ONVIF event is an object")
    data = _items(body.get("Data"))
    sources = sources or [value for value in _items(body.get("Source")).values() if isinstance(value, str)]
    own = moment_ms(body.get("UtcTime"), "utc")
    met = [] if device in roll else roll.introduce(device, message.received_at, interval_s=QUIET_S)
    return met + _told(device, names, sources, data, message, own)


def _items(part: object) -> Mapping[str, object]:
    """The named values of `Source` or `Data`: an object, or ONVIF's list of simple items."""
    if not isinstance(part, dict):
        return {}
    simple = part.get("SimpleItem")
    items = simple if isinstance(simple, list) else [simple] if isinstance(simple, dict) else None
    if items is None:
        return part
    return {str(at(item, "Name")): at(item, "Value") for item in items[:64] if isinstance(item, dict)}


def _told(
    device: str, names: Sequence[str], sources: Sequence[str], data: Mapping[str, object], message: Message,
    own: int | None,
) -> list[Report]:  # fmt: skip
    part, last = "/".join((*names, *sources)), names[-1]
    if "CountAggregation" in names and last in _COUNTS:
        metrics: dict[str, Value] = {_COUNTS[last]: number(data.get("Count"))}
        stamp = message.received_at if own is None else own
        return [
            Sample(device, stamp, metrics, message.received_at, origin=part[:120], stamped=own is not None)
        ]  # fmt: skip
    state, phase = _state(names, data, gone=not message.payload)
    told: dict[str, object] = {"source": list(sources)}
    object_id = data.get("ObjectId")
    if isinstance(object_id, str | int):
        told["object_id"] = str(object_id)[:64]
    id_ = "/".join((last, *sources, *((str(object_id),) if "object_id" in told else ())))
    severity = "major" if phase == "start" and any(name in _SEVERE for name in names) else None
    return happened(device, message, "/".join(names), phase, part=part, own=own, id=id_, severity=severity,
                    state=state, data=told)  # fmt: skip


def _state(names: Sequence[str], data: Mapping[str, object], *, gone: bool) -> tuple[dict[str, Value], str]:
    """What the event leaves true, and whether it begins or ends; a property that is gone leaves nobody knowing."""
    if "Temperature" in names:
        value, limit = number(data.get("Value")), number(data.get("Threshold"))
        known = value is not None and limit is not None
        over = not known or (value <= limit if names[-1] == "Low" else value >= limit)  # type: ignore[operator]
        return {"temperature_c": value, "temperature_threshold_c": limit}, "end" if gone else PHASES[over]
    flag = next((truth(data[key]) for key in _FLAGS if key in data), None)
    metric = _STATES.get(names[-1])
    phase = "end" if gone else "start" if flag is None else PHASES[flag]
    return ({} if metric is None else {metric: flag}), phase


ADAPTER = Adapter(
    "onvif",
    ("+/onvif-ej/#", "+/onvif-mj/#", "+/heartbeat", "+/+/onvif-ej/#", "+/+/onvif-mj/#", "+/+/heartbeat"),
    open_onvif,
    rank=1,
)

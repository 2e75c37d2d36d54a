"""The Homie convention, version 5 (docs/adapters.md): `homie/5/<device>/…`, one topic for each property.

A value is bare text; its datatype and unit stand in the device's retained `$description`, which is remembered. One
connection may speak for a root and its children: a child names its root as gateway, so that the root's Will makes
the children unknown. Source: the convention's own text, github.com/homieiot/convention.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Birth, Event, Ignored, Message, Rejected, Sample, Status, Value
from ingest.scalars import clean, number, truth
from ingest.table import decoded
from ingest.telling import WILLED_S
from ingest.topics import slug
from ingest.units import PLAIN, Unit, own_name, own_value, unit_of

_PREFIX = "homie/5/"
_MOST_DEVICES = 4096
_MOST_PROPERTIES = 512
_STATES = {
    "init": ("degraded", "init"), "ready": ("online", None), "sleeping": ("sleeping", None),
    "disconnected": ("offline", "clean"), "lost": ("offline", "lwt"), "": ("offline", "removed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Property:
    """What a description says of one property: our name for it and how to read it."""

    metric: str
    datatype: str = ""
    unit: Unit = PLAIN

    def value(self, text: str) -> Value:
        match self.datatype:
            case "integer" | "float":
                return self.unit.value(text)
            case "boolean":
                return truth(text)
            case "enum":
                return clean(text)
        value = own_value(text)
        return None if isinstance(value, str) else value  # free text may be anybody's name


def open_on(source: Source) -> Read:
    """Begin to listen; remembers the descriptions of the newest few thousand devices."""
    described: dict[str, Mapping[str, _Property]] = {}

    def read(message: Message) -> Parsed:
        device, *rest = message.topic.removeprefix(_PREFIX).split("/")
        if device.startswith("$"):
            return Ignored("not_used")  # a broadcast
        if not slug(device) or not rest:
            return Rejected("bad_topic", "Homie's topics are homie/5/<device>/…")
        text = decoded(message.payload, "text")
        if isinstance(text, Rejected):
            return text
        match rest:
            case ["$state"]:
                return _state(source.address("gateway", device), str(text), message)
            case ["$description"]:
                return _description(source, device, described, message)
            case ["$alert", alert]:
                return _alert(source.address("gateway", device), alert, str(text), message)
            case [_, _, "set"]:
                return Ignored("own_order")
            case [node, name] if not node.startswith("$") and not name.startswith("$"):
                known = described.get(device, {}).get(f"{node}/{name}", _Property(_metric(node, name)))
                return _sample(source.address("gateway", device), known, str(text), message)
        return Ignored("not_used")  # logs, targets

    return read


def _metric(node: str, name: str) -> str:
    """`amp/temperature` becomes `amp.temperature`: a dot parts a device's part from its metric."""
    return f"{own_name(node)[:31]}.{own_name(name)[:31]}"


def _state(device: str, word: str, message: Message) -> Parsed:
    if word not in _STATES:
        return Rejected("bad_value", f"$state is {word[:40]!r}")
    state, reason = _STATES[word]
    return [Status(device, message.received_at, state, reason=reason, will=word == "lost")]


def _alert(device: str, alert: str, text: str, message: Message) -> Parsed:
    """An alert stands until its topic is emptied."""
    event = Event(
        device, message.received_at, alert[:64], "alert", "start" if text else "end", message.received_at,
        data={"text": text[:256]} if text else {}, origin="$alert", stamped=False,
    )  # fmt: skip
    return [event]


def _sample(device: str, known: _Property, text: str, message: Message) -> Parsed:
    value = known.value(text)
    if value is None and not known.datatype and own_value(text) is not None:
        return Ignored("undescribed")  # a word of which nothing is known
    if known.datatype in ("string", "color", "datetime", "duration", "json"):
        return Ignored("not_used")
    return [Sample(device, message.received_at, {known.metric: value}, message.received_at,
                   origin=known.metric, stamped=False)]  # fmt: skip


def _description(
    source: Source, device: str, described: dict[str, Mapping[str, _Property]], message: Message
) -> Parsed:
    described.pop(device, None)
    if not message.payload:
        return Ignored("cleared")
    body = decoded(message.payload)
    if not isinstance(body, dict):
        return body if isinstance(body, Rejected) else Rejected("bad_shape", "a description is an object")
    found = dict(_properties(body)[:_MOST_PROPERTIES])
    if len(described) >= _MOST_DEVICES:
        del described[next(iter(described))]
    described[device] = found
    root, name = body.get("root"), body.get("name")
    birth = Birth(
        source.address("gateway", device), message.received_at,
        name=name[:256] if isinstance(name, str) and name else None,
        gateway=source.address("gateway", root) if isinstance(root, str) and slug(root) and root != device else None,
        interval_s=number(source.options.get("interval_s", WILLED_S)),
        metrics={known.metric: {"type": known.datatype} for known in found.values()},
    )  # fmt: skip
    return [birth]


def _properties(body: Mapping[str, object]) -> Sequence[tuple[str, _Property]]:
    """Every property of every node, by `<node>/<property>`."""
    return [
        (f"{node}/{name}", _property(_metric(node, name), said))
        for node, part in _objects(body.get("nodes"))
        for name, said in _objects(part.get("properties"))
    ]


def _property(metric: str, said: Mapping[str, object]) -> _Property:
    datatype, unit = said.get("datatype"), unit_of(said.get("unit"))
    return _Property(unit.name(metric), datatype if isinstance(datatype, str) else "", unit)


def _objects(raw: object) -> Sequence[tuple[str, Mapping[str, object]]]:
    return [(key, value) for key, value in raw.items() if isinstance(value, dict)] if isinstance(raw, dict) else []


ADAPTER = Adapter("homie5", (f"{_PREFIX}#",), open_on)

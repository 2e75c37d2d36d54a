"""JSON Schemas of the wire's messages, from the classes they are decoded with (`ingest.wire`).

What the native adapter checks besides is added here; what JSON Schema cannot say (64 KiB, days that do not exist,
`1.0` for a whole number) is left out. Pure.
"""

from typing import Any, Final

import msgspec

from ingest import wire
from ingest.papers.channels import CHANNELS, Channel
from ingest.papers.words import KEYS
from ingest.scalars import LAST_MS

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_MOMENT: Final = {
    "pattern": "^(19[7-9]|[2-9][0-9]{2})[0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
    "format": "date-time",
}
_EITHER: Final = [
    {"required": ["m"], "properties": {"m": {"type": "object"}, "batch": {"type": "null"}}},
    {"required": ["batch"], "properties": {"batch": {"type": "array"}, "m": {"type": "null"}}},
]
_IDLE: Final[list[tuple[str, object]]] = [("default", None), ("required", [])]


def components(place: str) -> dict[str, Schema]:
    """The schema of every message and of their parts, by class; they refer to each other at `place`."""
    shapes = [channel.shape for channel in CHANNELS]
    _, made = msgspec.json.schema_components(shapes, schema_hook=_anything, ref_template=place + "{name}")
    schemas = {name: _told(_plain(schema)) for name, schema in made.items()}
    for channel in CHANNELS:
        schemas[channel.shape.__name__]["title"] = channel.title
    for name in ("TelemetryMessage", "Entry"):
        _limit(schemas[name]["properties"]["m"])
    schemas["TelemetryMessage"]["oneOf"] = _EITHER
    return schemas


def standalone(channel: Channel) -> Schema:
    """One channel's schema as a document of its own."""
    made = components("#/$defs/")
    root = made[channel.shape.__name__]
    parts = {name: made[name] for name in _parts(root, made)}
    head = {"$schema": DIALECT, "$id": f"urn:ioc:v1:{channel.name}"}
    return head | root | {"examples": channel.spoken()} | ({"$defs": parts} if parts else {})


def _anything(_kind: type) -> Schema:
    return {"description": "any JSON"}


def _plain(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same said shorter: alternatives of plain types as a list of types; defaults of null left out."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    said = {key: _plain(value) for key, value in node.items() if (key, value) not in _IDLE}
    options = said.pop("anyOf", None)
    return said if options is None else _merged(options) | said


def _merged(options: list[Schema]) -> Schema:
    """Each option is of another type, so that the limits of one say nothing of the others.

    A whole number beside any number is dropped: JSON Schema takes `1e300` for whole, and that one is read.
    """
    kinds = [option["type"] for option in options]
    if "number" in kinds:
        options = [option for option in options if option["type"] != "integer"]
    merged: Schema = {"type": [option["type"] for option in options]}
    for option in options:
        merged |= {key: value for key, value in option.items() if key != "type"}
    return merged


def _told(schema: Schema) -> Schema:
    """With what each key means, and the limits of moments."""
    keys = schema["properties"]
    for key in keys.keys() & {"ts", "expires"}:
        keys[key] |= _MOMENT
    if "ts" in keys:
        keys["ts"] |= {"minimum": 0, "maximum": LAST_MS}
    for key in keys.keys() & KEYS.keys():
        keys[key]["description"] = KEYS[key]
    return schema


def _limit(metrics: Schema) -> None:
    """Rule 1: how many metrics, how they are named, texts, and percentages."""
    value = metrics["additionalProperties"]
    value |= {"maxLength": wire.MAX_TEXT, "pattern": r"^[^\x00]*$"}
    metrics |= {
        "minProperties": 1,
        "maxProperties": wire.MAX_METRICS,
        "propertyNames": {"pattern": f"^{wire.METRIC}$"},
        "patternProperties": {f"{wire.PERCENT}$": {"type": ["number", "null"], "minimum": 0, "maximum": 100}},
    }


def _parts(node: Any, made: dict[str, Schema]) -> set[str]:  # noqa: ANN401 - any JSON
    """The names of the schemas referred to."""
    if isinstance(node, list):
        return {name for item in node for name in _parts(item, made)}
    if not isinstance(node, dict):
        return set()
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return {name} | _parts(made[name], made)
    return {name for value in node.values() for name in _parts(value, made)}

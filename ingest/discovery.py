"""Reads Home Assistant's MQTT discovery: a config message becomes the entities of a device and where they speak.

Decides what a config announces and how its values are to be read; remembers nothing. Of templates only a path into a
JSON body is understood (`{{ value_json.a.b }}`, with filters that change nothing); of components, those with plain
values. Trackers of people are never announced. Source: home-assistant.io/integrations/mqtt and its abbreviations. Pure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.model import Value
from ingest.scalars import clean, truth
from ingest.topics import slug
from ingest.units import PLAIN, Unit, own_value, unit_of

MOST_COMPONENTS = 512
_LONG = {
    "avty": "availability", "avty_t": "availability_topic", "avty_mode": "availability_mode",
    "avty_tpl": "availability_template", "pl_avail": "payload_available", "pl_not_avail": "payload_not_available",
    "cmd_t": "command_topic", "cmps": "components", "dev": "device", "dev_cla": "device_class", "p": "platform",
    "json_attr_t": "json_attributes_topic", "obj_id": "object_id", "ops": "options", "pl_on": "payload_on",
    "pl_off": "payload_off", "stat_on": "state_on", "stat_off": "state_off", "stat_t": "state_topic",
    "stat_cla": "state_class", "t": "topic", "uniq_id": "unique_id", "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template", "stat_val_tpl": "state_value_template", "img_t": "image_topic",
}  # fmt: skip
_LONG_DEVICE = {"ids": "identifiers", "cns": "connections", "mf": "manufacturer", "mdl": "model", "sw": "sw_version"}
_SWITCHES = frozenset(("binary_sensor", "switch", "light", "siren", "input_boolean"))
_VALUES = frozenset(("sensor", "number", "select"))
_PEOPLE = frozenset(("device_tracker", "person"))
_AVAILABLE = (("available", "online"), ("not_available", "offline"))
_TEMPLATE = re.compile(
    r"\{\{\s*value(?P<json>_json)?(?P<path>(?:\.\w+|\[(?:'[^'.]+'|\"[^\".]+\"|\d+)\])*)\s*"
    r"(?:\|\s*(?:float|int|round|default|is_defined|string|trim)\s*(?:\([^()]*\))?\s*)*\}\}"
)
_STEP = re.compile(r"\.(\w+)|\[(?:'([^']+)'|\"([^\"]+)\"|(\d+))\]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the topic, and the dotted path into its JSON body (None: the whole payload, as text)."""

    topic: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """One value of a device: where it stands, our name for it and how to read it."""

    place: Place
    metric: str
    unit: Unit = PLAIN
    words: tuple[object, object] | None = None  # on, off
    choice: bool = False  # one of a known list of words

    def value(self, raw: object) -> Value:
        """Its value; free text is unknown, for it may be anybody's name."""
        if self.words is not None:
            said = str(raw).strip().casefold()
            on, off = (str(word).casefold() for word in self.words)
            return True if said == on else False if said == off else truth(raw)
        if self.choice:
            return clean(raw) if isinstance(raw, str) else None
        value = self.unit.value(raw)
        return own_value(raw) if value is None and isinstance(own_value(raw), bool) else value


@dataclass(frozen=True, slots=True)
class Vote:
    """A topic that says whether entities are available, in its own words."""

    place: Place
    online: str = "online"
    offline: str = "offline"


@dataclass(frozen=True, slots=True)
class Announced:
    """What one component of a config message announces. `unread` are topics of no use, each with the reason."""

    device: str
    about: Mapping[str, str | None] = field(default_factory=dict)
    via: str | None = None
    entity: Entity | None = None
    votes: tuple[Vote, ...] = ()
    mode: str = "latest"
    unread: Mapping[str, str] = field(default_factory=dict)


def announced(levels: Sequence[str], body: Mapping[str, object]) -> Iterator[Announced]:
    """What `<prefix>/<component>/[<node>/]<object>/config` announces; one for each component of a device's config."""
    config = _spelt_out(body, _LONG)
    _, component, *names, _ = levels
    parts = config.get("components")
    if component != "device" or not isinstance(parts, dict):
        yield _component(component, names, config)
        return
    for key, part in list(parts.items())[:MOST_COMPONENTS]:
        if isinstance(part, dict):
            whole = _spelt_out({**{k: v for k, v in config.items() if k != "components"}, **part}, _LONG)
            yield _component(str(whole.get("platform", "")), [*names[:1], key], whole)


def _spelt_out(body: Mapping[str, object], words: Mapping[str, str], base: object = None) -> dict[str, object]:
    """A config with its abbreviated keys in full, and `~` at an end of a topic replaced by the base topic."""
    base = body.get("~", base)
    return {
        full: _based(value, base) if full.endswith("topic") and isinstance(base, str) else value
        for key, value in body.items()
        for full in (words.get(key, key),)
    }


def _based(topic: object, base: str) -> object:
    if not isinstance(topic, str):
        return topic
    return base + topic[1:] if topic.startswith("~") else topic[:-1] + base if topic.endswith("~") else topic


def _component(component: str, names: Sequence[str], config: Mapping[str, object]) -> Announced:
    raw = config.get("device")
    about = _spelt_out(raw, _LONG_DEVICE) if isinstance(raw, dict) else {}
    device = _identity(about) or names[0]
    if component in _PEOPLE or config.get("source_type") is not None:
        return Announced(device, unread=dict.fromkeys(_topics(config), "private"))
    place = _place(config, "state_topic", "value_template", "state_value_template")
    entity = None if place is None else _entity(component, place, names[-1], about, config)
    unread = dict.fromkeys(_topics(config), "not_used")
    unread |= dict.fromkeys((topic for key, topic in _named_topics(config) if "command" in key), "own_order")
    via = about.get("via_device")
    return Announced(
        device, {key: _text(about.get(key)) for key in ("name", "manufacturer", "model", "sw_version")},
        via if isinstance(via, str) and slug(via) and via != device else None,
        entity, tuple(_votes(config)), str(config.get("availability_mode", "latest")), unread,
    )  # fmt: skip


def _identity(about: Mapping[str, object]) -> str:
    """The first identifier, else the first connection's value (its own MAC)."""
    ids, links = about.get("identifiers"), about.get("connections")
    first = ids[0] if isinstance(ids, list) and ids else ids
    if first is None and isinstance(links, list) and links and isinstance(links[0], list) and links[0]:
        first = links[0][-1]
    return str(first) if isinstance(first, str | int) and slug(str(first)) else ""


def _entity(
    component: str, place: Place, name: str, about: Mapping[str, object], config: Mapping[str, object]
) -> Entity | None:
    metric = _metric(name, about, config)
    if component in _SWITCHES and metric:
        on = config.get("state_on", config.get("payload_on", "ON"))
        off = config.get("state_off", config.get("payload_off", "OFF"))
        if config.get("schema") == "json":
            place = Place(place.topic, "state")
        return Entity(place, metric, words=(on, off))
    if component in _VALUES and metric:
        unit = unit_of(config.get("unit_of_measurement"))
        return Entity(place, unit.name(metric), unit, choice=isinstance(config.get("options"), list))
    return None


def _metric(name: str, about: Mapping[str, object], config: Mapping[str, object]) -> str:
    """The entity's name without the device's before it; where it has none, its class or its place in the topic."""
    own, device = _text(config.get("name")), _text(about.get("name"))
    if own and device and own != device and own.startswith(device):
        own = own.removeprefix(device)
    words = own or _text(config.get("device_class")) or _text(config.get("object_id")) or name
    base = slug(words).replace("-", "_")
    return base if not base or base[0].isalpha() else f"x{base}"[:63]


def _votes(config: Mapping[str, object]) -> Iterator[Vote]:
    """The availability topics, given as one or as a list."""
    listed = config.get("availability")
    parts: list[Mapping[str, object]] = []
    if isinstance(listed, list):
        parts += [_spelt_out(part, _LONG, config.get("~")) for part in listed[:8] if isinstance(part, dict)]
    elif "availability_topic" in config:
        single = {"topic": "availability_topic", "value_template": "availability_template"}
        parts.append({**config, **{short: config.get(full) for short, full in single.items()}})
    for part in parts:
        place = _place(part, "topic", "value_template")
        words = (str(part.get(f"payload_{word}", default)) for word, default in _AVAILABLE)
        if place is not None:
            yield Vote(place, *words)


def _place(config: Mapping[str, object], topic_key: str, *template_keys: str) -> Place | None:
    """A topic with the path its template names; None without a topic, or with a template that is not understood."""
    topic = config.get(topic_key)
    template = next((found for key in template_keys if (found := config.get(key)) is not None), None)
    if not isinstance(topic, str) or not topic:
        return None
    if template is None:
        return Place(topic)
    known = _TEMPLATE.fullmatch(template.strip()) if isinstance(template, str) else None
    if known is None or (known["path"] and not known["json"]):
        return None
    steps = [next(filter(None, found)) for found in _STEP.findall(known["path"])]
    return Place(topic, ".".join(steps) if known["json"] else None)


def _named_topics(config: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    return ((key, value) for key, value in config.items() if key.endswith("topic") and isinstance(value, str) and value)


def _topics(config: Mapping[str, object]) -> Iterator[str]:
    return (topic for _, topic in _named_topics(config))


def _text(raw: object) -> str | None:
    return raw.strip()[:256] or None if isinstance(raw, str) else None

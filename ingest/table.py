"""Reads messages by a table: topic pattern → device, JSON path → metric with its unit, words → state.

For equipment whose dialect is no more than names and places; what needs thought stays code in its adapter, which may
still use the helpers (`decoded`, `at`, `told`). Pure: message and options in, reports out; garbage is refused, never
raised. How to write a row: docs/how-to/add-an-adapter.md.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property
from typing import Literal

import msgspec

from ingest.adapter import Parsed, Read, Source
from ingest.model import MAX_PAYLOAD, Birth, Message, Rejected, Report, Sample, Status, Value
from ingest.scalars import HOME_ZONE, moment_ms, number, zone_named
from ingest.topics import slug

MISSING = object()
"""What `at` gives where a path leads nowhere; JSON's null is `None`."""

_HOLE = re.compile(r"\{(\w+)(\*?)\}")
_METRIC = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Metric:
    """One value: `path` leads to it in the body (empty: the body itself), `name` is ours, `scale` its unit in ours.

    `name` and `path` may hold groups of the topic: `count_{label}`. `unknown` are values that mean nobody knows.
    """

    name: str
    path: str = ""
    scale: float = 1.0
    convert: Callable[[object], Value] = number
    unknown: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the device's own time stands and how it is written (the forms of `scalars.moment_ms`)."""

    path: str
    form: Literal["s", "ms", "us", "ns", "rfc3339", "utc", "local"]


@dataclass(frozen=True)
class Row:
    """One form of message.

    `topic`: levels with groups, `cam/{device}/light`; `{rest*}` at the end takes all further levels; a leading `/?`
    makes the first slash optional. The device is the template `device` over the groups, or stands in the body at
    `device_path`. `states` tells what the word at `state_path` means: `online`, or `offline/<reason>` (`lwt` is a
    Will). `gateway`: `<family>/<template>` of who speaks for the device. `origin` is the part that spoke; the topic's
    last level, where empty. A row that is not `sure` leaves what it cannot use to other adapters.
    """

    topic: str
    family: str = "gateway"
    metrics: tuple[Metric, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    state_path: str = ""
    device: str = "{device}"
    device_path: str = ""
    gateway: str = ""
    clock: Clock | None = None
    origin: str = ""
    body: Literal["json", "text"] = "json"
    sure: bool = True

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The topic as a regular expression."""
        pieces = _HOLE.split(self.topic.removeprefix("/?"))  # text, name, star, text, name, star, … text
        holes = (
            f"(?P<{name}>{'.+' if star else '[^/]+'})" for name, star in zip(pieces[1::3], pieces[2::3], strict=True)
        )
        exact = "".join(part for pair in zip(map(re.escape, pieces[::3]), [*holes, ""], strict=True) for part in pair)
        return re.compile(("/?" if self.topic.startswith("/?") else "") + exact)

    @property
    def filters(self) -> tuple[str, ...]:
        """The MQTT filters that bring these topics."""
        levels = self.topic.removeprefix("/?").split("/")
        plain = "/".join("#" if level.endswith("*}") else "+" if "{" in level else level for level in levels)
        return (plain, f"/{plain}") if self.topic.startswith("/?") else (plain,)


def filters(rows: Sequence[Row]) -> tuple[str, ...]:
    """The MQTT filters of all rows, each once."""
    return tuple(dict.fromkeys(pattern for row in rows for pattern in row.filters))


def by_table(rows: Sequence[Row]) -> Callable[[Source], Read]:
    """The `open` of an adapter that is a table: the first row whose topic fits reads; none: None."""

    def open_on(source: Source) -> Read:
        zone = zone_of(source)

        def read(message: Message) -> Parsed:
            for row in rows:
                if (found := row.pattern.fullmatch(message.topic)) is not None:
                    parsed = read_row(row, found.groupdict(), message, source, zone)
                    if row.sure or not isinstance(parsed, Rejected):
                        return parsed
            return None

        return read

    return open_on


def zone_of(source: Source) -> tzinfo:
    """The zone of times that name none: the option `time_zone`, by default Viet Nam's."""
    return zone_named(source.options.get("time_zone", HOME_ZONE))


def read_row(row: Row, groups: Mapping[str, str], message: Message, source: Source, zone: tzinfo) -> Parsed:
    """What one row makes of a message whose topic fits it."""
    body = decoded(message.payload, row.body)
    if isinstance(body, Rejected):
        return body
    name = _name(row, groups, body)
    if not name:
        return Rejected("bad_shape" if row.device_path else "bad_topic", "no device's name can be read")
    device = source.address(row.family, name)
    own = moment_ms(at(body, row.clock.path), row.clock.form, zone) if row.clock else None
    ts = message.received_at if own is None else own
    reports: list[Report] = []
    if row.gateway:
        family, _, template = row.gateway.partition("/")
        reports.append(Birth(device, ts, gateway=source.address(family, template.format_map(groups))))
    if row.states:
        word = at(body, row.state_path)
        meant = row.states.get(str(word).strip().casefold())
        if meant is None:
            return Rejected("bad_value", f"no known state: {str(word)[:40]!r}")
        state, _, reason = meant.partition("/")
        reports.append(Status(device, ts, state, reason=reason or None, will=reason == "lwt", stamped=own is not None))
    metrics = told(row.metrics, body, groups)
    if metrics:
        origin = row.origin.format_map(groups) or message.topic.rsplit("/", 1)[-1]
        reports.append(
            Sample(device, ts, metrics, message.received_at, origin=origin[:120], stamped=own is not None)
        )  # fmt: skip
    elif not row.states:
        return Rejected("bad_shape", "none of the values looked for")
    return reports


def _name(row: Row, groups: Mapping[str, str], body: object) -> str:
    if not row.device_path:
        name = row.device.format_map(groups)
        return name if slug(name) else ""
    said = at(body, row.device_path)
    return str(said) if isinstance(said, str | int) and slug(str(said)) else ""


def decoded(payload: bytes, form: Literal["json", "text"] = "json") -> object | Rejected:
    """The body: any JSON value, or UTF-8 text without blanks and NULs at its ends."""
    if len(payload) > MAX_PAYLOAD:
        return Rejected("too_large", f"{len(payload)} bytes; at most {MAX_PAYLOAD}")
    try:
        if form == "text":
            return payload.decode("utf-8").strip(" \t\r\n\0")
        return msgspec.json.decode(payload.rstrip(b"\0"), type=object)
    except UnicodeDecodeError as error:
        return Rejected("not_text" if form == "text" else "not_json", str(error)[:200])
    except (msgspec.DecodeError, RecursionError) as error:
        return Rejected("not_json", str(error)[:200])


def at(body: object, path: str) -> object:
    """What stands at a dotted path (`a.b.0`), by key or by place in a list; `MISSING` where nothing does."""
    here = body
    for step in path.split(".") if path else ():
        if isinstance(here, dict):
            here = here.get(step, MISSING)
        elif isinstance(here, list) and step.isdecimal() and int(step[:9]) < len(here):
            here = here[int(step[:9])]
        else:
            return MISSING
    return here


def told(wanted: Sequence[Metric], body: object, groups: Mapping[str, str] | None = None) -> dict[str, Value]:
    """The metrics that a body tells: what is absent is left out (*unchanged*), what cannot be read is None."""
    words = {key: slug(value).replace("-", "_") for key, value in (groups or {}).items()}
    found: dict[str, Value] = {}
    for metric in wanted:
        raw = at(body, metric.path.format_map(groups or {}))
        name = metric.name.format_map(words)
        if raw is not MISSING and _METRIC.fullmatch(name):
            found[name] = scaled(raw, metric)
    return found


def scaled(raw: object, metric: Metric) -> Value:
    """One value in our unit; a percentage outside 0–100 is unknown."""
    value = None if raw in metric.unknown else metric.convert(raw)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if metric.scale != 1:
            value = number(round(value * metric.scale, 9))
        if metric.name.endswith("_pct") and value is not None and not 0 <= value <= 100:
            return None
    return value

"""RADIUS accounting of public Wi-Fi (docs/adapters.md), handed on as JSON to `bridge/radius/<server>/accounting`.

The device is the access point that was called (its MAC in Called-Station-Id). A session is known by its accounting id
alone: user names, telephone numbers, clients' MACs and addresses never leave this file. *Input* is what came from the
client. Source: RFC 2866, RFC 2869 (gigawords); the field names of openwisp-radius and of FreeRADIUS's own attributes.
"""

import re
from collections.abc import Mapping
from hashlib import blake2b

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Event, Ignored, Message, Rejected, Sample, Status, Value
from ingest.scalars import number
from ingest.table import decoded
from ingest.telling import QUIET_S, paced
from ingest.topics import slug

_PREFIX = "bridge/radius/"
_WRAP = 2**32  # octets are counted in 32 bits; gigawords count the wraps
_MAC = re.compile(r"([0-9A-Fa-f]{2})" + r"[-:.]?([0-9A-Fa-f]{2})" * 5 + r"(?::.*)?")
_OPAQUE = re.compile(r"[0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{32}")  # twelve digits would be a MAC
_TYPES = {
    "1": "start", "2": "stop", "3": "interim", "7": "on", "8": "off", "start": "start", "stop": "stop",
    "interim-update": "interim", "alive": "interim", "accounting-on": "on", "accounting-off": "off",
}  # fmt: skip


def read(message: Message, source: Source) -> Parsed:
    """Translate one accounting record."""
    levels = message.topic.removeprefix(_PREFIX).split("/")
    if len(levels) != 2 or not slug(levels[0]):
        return Rejected("bad_topic", "accounting's topics are bridge/radius/<server>/accounting")
    if levels[1] != "accounting":
        return Ignored("not_used")
    body = decoded(message.payload)
    if not isinstance(body, dict):
        return body if isinstance(body, Rejected) else Rejected("bad_shape", "a record is an object")
    record = {_key(key): _single(value) for key, value in body.items()}
    kind = _TYPES.get(str(record.get("status_type", "")).lower())
    device = source.address("wifi", _called(record) or levels[0])
    if kind is None:
        return Rejected(
            "bad_value", "status_type is none of Start, Interim-Update, Stop, Accounting-On, Accounting-Off"
        )
    if kind in ("on", "off"):
        state, reason = ("online", None) if kind == "on" else ("offline", "accounting_off")
        return [Status(device, message.received_at, state, reason=reason)]
    session = _session(record)
    if session is None:
        return Rejected("bad_shape", "a record names its session")
    counters, now = _counters(record), message.received_at
    if kind == "interim":
        return [Sample(device, now, counters, now, origin=f"session/{session}", stamped=False)] if counters else _EMPTY
    cause = record.get("terminate_cause")
    data: dict[str, object] = {**counters, "terminate_cause": cause[:40]} if isinstance(cause, str) else {**counters}
    phase = "start" if kind == "start" else "end"
    return [Event(device, now, session, "wifi_session", phase, now, data=data, origin="sessions", stamped=False)]


_EMPTY = Rejected("bad_shape", "an interim record counts time and octets")


def _key(name: str) -> str:
    """`Acct-Input-Octets` and `input_octets` are one."""
    key = name.lower().replace("-", "_").removeprefix("acct_")
    return "unique_id" if key == "unique_session_id" else key


def _single(value: object) -> object:
    """FreeRADIUS wraps values: `{"type": …, "value": [v]}`."""
    if isinstance(value, dict):
        value = value.get("value")
    return value[0] if isinstance(value, list) and value else value


def _called(record: Mapping[str, object]) -> str:
    """The access point's MAC, however it is punctuated; the network's name behind it is left out."""
    called = record.get("called_station_id")
    found = _MAC.fullmatch(called) if isinstance(called, str) else None
    return "-".join(found.groups()) if found else ""


def _session(record: Mapping[str, object]) -> str | None:
    """The accounting id; one that may hold more than chance is replaced by its digest."""
    said = next((record[key] for key in ("unique_id", "session_id") if record.get(key)), None)
    if not isinstance(said, str | int):
        return None
    word = str(said).lower()
    return word if _OPAQUE.fullmatch(word) else blake2b(word.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _counters(record: Mapping[str, object]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if "session_time" in record:
        found["session_time_s"] = number(record["session_time"])
    for theirs, ours in (("input", "session_up_bytes_total"), ("output", "session_down_bytes_total")):
        if f"{theirs}_octets" in record:
            octets, wraps = number(record[f"{theirs}_octets"]), number(record.get(f"{theirs}_gigawords", 0))
            found[ours] = None if octets is None or wraps is None else octets + wraps * _WRAP
    return found


ADAPTER = Adapter("radius", (f"{_PREFIX}#",), paced(stateless(read), QUIET_S))

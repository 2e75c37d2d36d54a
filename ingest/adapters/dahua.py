"""Dahua and Amcrest (docs/adapters.md): the bridges amcrest2mqtt and DahuaVTO2MQTT.

Sources: amcrest2mqtt's program (its topics, its GB are of 1024³ bytes, all retained), DahuaVTO2MQTT's list of events.
Door stations tell card numbers, names and passwords of those who open: of an event's data only the time is read.
"""

import re
from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Value
from ingest.scalars import epoch_ms, truth
from ingest.table import Metric, Row, at, by_table, decoded
from ingest.telling import PHASES, QUIET_S, Roll, happened, text
from ingest.topics import slug

_GIB = 1024.0**3
_AMCREST_S = 3600.0  # its storage is told every hour
_A = "amcrest2mqtt/{device}/"
_ROWS = (
    Row(_A + "status", family="camera", body="text", states={"online": "online", "offline": "offline/lwt"}),
    Row(_A + "storage/used_percent", family="camera", body="text", metrics=(Metric("storage_used_pct"),)),
    Row(_A + "storage/used", family="camera", body="text", metrics=(Metric("storage_used_bytes", scale=_GIB),)),
    Row(_A + "storage/total", family="camera", body="text", metrics=(Metric("storage_total_bytes", scale=_GIB),)),
)
_ACTIONS: Mapping[str, str] = {"start": "start", "stop": "end", "pulse": "start"}
_TYPES: Mapping[str, str] = {"VideoMotion": "motion", "VideoBlind": "tamper", "VideoLoss": "video_loss",
                             "SIPRegisterResult": "sip_registration"}  # fmt: skip
_SEVERE = frozenset(("tamper", "video_loss", "storage_failure", "storage_not_exist", "storage_low_space"))
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")


def open_dahua(source: Source) -> Read:
    """Read as one of the two bridges; remembers who was introduced."""
    roll, table = Roll(source), by_table(_ROWS)(source)

    def read(message: Message) -> Parsed:
        match message.topic.split("/"):
            case ["amcrest2mqtt", serial, "config"] if slug(serial):
                return _config(source.address("camera", serial), message, roll)
            case ["amcrest2mqtt", serial, "motion" | "human" | "doorbell" as what] if slug(serial):
                return _switched(source.address("camera", serial), what, message)
            case ["amcrest2mqtt", _, "event"]:
                return Ignored("not_used")  # the same again, raw
            case ["DahuaVTO", name, "Event"]:
                return _vto(name, message, source, roll)
        parsed = table(message)
        return Ignored("not_used") if parsed is None else parsed

    return read


def _config(device: str, message: Message, roll: Roll) -> Parsed:
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    if not isinstance(body, dict):
        return Rejected("bad_shape", "a configuration is an object")
    told = roll.introduce(
        device, message.received_at, interval_s=_AMCREST_S, maker="Amcrest", name=text(body.get("device_name")),
        model=text(body.get("device_type")), fw=text(body.get("sw_version")),
    )  # fmt: skip
    return told or Ignored("not_used")


def _switched(device: str, what: str, message: Message) -> Parsed:
    word = decoded(message.payload, "text")
    if isinstance(word, Rejected):
        return word
    flag = truth(word)
    if flag is None:
        return Rejected("bad_value", f"{what} is on or off")
    state = {"motion": flag} if what == "motion" else None
    return happened(device, message, what, PHASES[flag], part=what, state=state)


def _vto(name: str, message: Message, source: Source, roll: Roll) -> Parsed:
    """`UTC` counts true seconds; `LocaleTime` beside it names no zone, and is not needed."""
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    serial, action = at(body, "serialNumber"), at(body, "Action")
    phase = _ACTIONS.get(action.casefold() if isinstance(action, str) else "")
    if not isinstance(serial, str) or not slug(serial) or phase is None:
        return Rejected("bad_shape", "an event names its `serialNumber` and its `Action`: Start, Stop or Pulse")
    device = source.address("camera", serial)
    own = epoch_ms(at(body, "Data.UTC"), 1000.0)
    what = _TYPES.get(name) or _WORDS.sub("_", name).strip("_").lower()
    state: dict[str, Value] = {"motion": phase == "start"} if what == "motion" else {}
    if name == "SIPRegisterResult":
        state["sip_registered"] = truth(at(body, "Data.Success"))
    severity = "major" if what in _SEVERE and phase == "start" else None
    met = roll.introduce(device, message.received_at, maker="Dahua", model=text(at(body, "deviceType")),
                         interval_s=QUIET_S)  # fmt: skip
    return met + happened(device, message, what, phase, part=name, own=own, severity=severity, state=state)


ADAPTER = Adapter("dahua", ("amcrest2mqtt/#", "DahuaVTO/#"), open_dahua)

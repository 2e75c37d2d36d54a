"""Axis cameras and speakers (docs/adapters.md): their own MQTT client, the DataQ application, people counters.

Sources: developer.axis.com (MQTT client, AXIS Object Analytics counting data), DataQ's MQTT_topics.md, the people
counter's manual (live sum). Every value may be quoted. Of an event's data only the parts named here are read: others
may hold plates (AXIS License Plate Verifier).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Metrics, Rejected, Report, Sample, Status, Value
from ingest.scalars import epoch_ms, moment_ms, number, truth
from ingest.table import Clock, Metric, at, decoded, told, zone_of
from ingest.telling import PHASES, WILLED_S, Roll, happened, text
from ingest.topics import slug

_DATAQ_S = 900.0  # DataQ tells its status every 15 minutes
_MOST_CLASSES = 24
_ACTIVE = ("active", "Active", "state", "State", "LogicalState", "disruption", "sensor_level", "Failed", "failed")
_TESTED = {"passed": True, "ok": True, "failed": False}
_STREAMS = frozenset(("detections", "tracker", "path", "geospace"))  # up to ten a second for each camera
_KEPT = {"objectId": "object_id", "classTypes": "classes", "reason": "reason", "triggerTime": "trigger_time"}

_DATAQ_STATUS = (
    Metric("bitrate_bps", "Network_Kbps", 1000), Metric("cpu_pct", "CPU_average"),
    Metric("uptime_s", "Uptime_Hours", 3600),
)  # fmt: skip
_LIVE_SUM = (Metric("people_in_total", "in"), Metric("people_out_total", "out"))


def open_axis(source: Source) -> Read:
    """Read as an Axis; remembers who was introduced and which classes a DataQ counts."""
    roll, classes, zone = Roll(source), _Classes(), zone_of(source)

    def read(message: Message) -> Parsed:
        match message.topic.removeprefix("/").split("/"):
            case ["axis", serial, "event", *rest] if rest and slug(serial):
                return _event(serial, rest, message, source, roll)
            case ["dataq", kind, serial, *_] if slug(serial):
                return _dataq(kind, source.address("camera", serial), message, roll, classes)
            case ["bridge", "axis-counter", serial, "live-sum"] if slug(serial):
                # The counter's time names no zone: it is believed only where the source's options name one.
                form = Clock("timestamp", "local") if "time_zone" in source.options else None
                return _values(source.address("camera", serial), message, _LIVE_SUM, "live-sum", form, zone)
        return Rejected("bad_topic", "not a topic of an Axis, a DataQ or a people counter")

    return read


def _values(
    device: str, message: Message, wanted: Sequence[Metric], part: str, clock: Clock | None = None, zone: tzinfo = UTC
) -> Parsed:
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    metrics = told(wanted, body)
    if not metrics:
        return Rejected("bad_shape", f"no {' or '.join(metric.path for metric in wanted)}")
    own = moment_ms(at(body, clock.path), clock.form, zone) if clock else None
    return [_sample(device, message, metrics, part, own)]


def _sample(device: str, message: Message, metrics: Metrics, part: str, own: int | None) -> Sample:
    ts = message.received_at if own is None else own
    return Sample(device, ts, metrics, message.received_at, origin=part[:120], stamped=own is not None)


def _event(serial: str, rest: Sequence[str], message: Message, source: Source, roll: Roll) -> Parsed:
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    if rest == ["connection"]:
        return _connection(source.address("camera", serial), body, message)
    data = at(body, "message.data")
    if not isinstance(data, dict):
        return Rejected("bad_shape", "an Axis event carries `message.data`")
    own = epoch_ms(at(body, "timestamp"))  # the clock of the message, not `triggerTime`: they were seen days apart
    topic = at(body, "topic")
    names = [re.sub(r"^\w+:", "", level) for level in (topic.split("/") if isinstance(topic, str) else rest)]
    part = "/".join(names)
    speaker = names[-2:] == ["SpeakerTest", "TestResult"]
    device = source.address("loudspeaker" if speaker else "camera", serial)
    met = [] if device in roll else roll.introduce(device, message.received_at, maker="Axis", interval_s=WILLED_S)
    if speaker:
        passed = _TESTED.get(str(data.get("SpeakerTestStatus")).casefold())
        phase, severity = ("start", "major") if passed is False else ("end", None)
        return met + happened(device, message, "speaker_test", phase, part=part, own=own, severity=severity,
                              state={"speaker_test_ok": passed})  # fmt: skip
    if "total" in data or any(key.startswith("total") for key in data):
        return [*met, _sample(device, message, _counted(data), part, own)]
    return met + _happened(device, names, data, message, own)


def _connection(device: str, body: object, message: Message) -> Parsed:
    """The client's own words and its Will share one form."""
    connected = truth(at(body, "connected"))
    if connected is None:
        return Rejected("bad_value", "`connected` is true or false")
    if connected:
        return [Status(device, message.received_at, "online")]
    return [Status(device, message.received_at, "offline", reason="lwt", will=True)]


def _counted(data: Mapping[str, object]) -> dict[str, Value]:
    """A crossing counter counts since `startTime`; an occupancy has none, and says how many are there now."""
    form, whole = ("crossings_{}_total", "crossings_total") if "startTime" in data else ("count_{}", "occupancy")
    found: dict[str, Value] = {}
    for key, raw in list(data.items())[:64]:
        label = slug(key.removeprefix("total")).replace("-", "_")
        if key.startswith("total"):
            found[form.format(label)[:63] if label else whole] = number(raw)
    return found


def _happened(
    device: str, names: Sequence[str], data: Mapping[str, object], message: Message, own: int | None
) -> list[Report]:
    flag = next((truth(data[key]) for key in _ACTIVE if key in data), None)
    part = "/".join(names)
    kept: dict[str, object] = {ours: text(data[theirs]) for theirs, ours in _KEPT.items() if theirs in data}
    if flag is not None:
        kept["active"] = flag
    motion = "VMD" in part or names[-1].startswith("Motion")
    analytics = "ObjectAnalytics" in names
    what = "motion" if motion else f"object.{slug(text(data.get('classTypes')) or 'any')}" if analytics else part
    phase = "start" if flag is None else PHASES[flag]
    state = {"motion": flag} if motion else None
    return happened(device, message, what, phase, part=part, own=own, id="/".join(names[-2:]), state=state, data=kept)


class _Classes:
    """What each DataQ counts: a class that it leaves out of its occupancy is 0 there, not unknown."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, None]] = {}

    def add(self, device: str, names: Sequence[object]) -> list[str]:
        """All classes known of the device, these with them."""
        known = self._known.setdefault(device, {})
        known.update((slug(name).replace("-", "_"), None) for name in names if isinstance(name, str) and slug(name))
        while len(known) > _MOST_CLASSES:
            del known[next(iter(known))]
        if len(self._known) > 4096:
            del self._known[next(iter(self._known))]
        return list(known)


def _dataq(kind: str, device: str, message: Message, roll: Roll, classes: _Classes) -> Parsed:
    if kind in _STREAMS:
        return Ignored("frames")
    if kind not in ("connect", "status", "occupancy"):
        return Ignored("picture" if kind == "image" else "not_used")
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    if kind == "occupancy":
        return _occupancy(device, body, message, classes)
    parsed = _connection(device, body, message) if kind == "connect" else _values(
        device, message, _DATAQ_STATUS, "dataq/status")  # fmt: skip
    if not isinstance(parsed, list) or at(body, "connected") is False:
        return parsed
    labels = at(body, "labels")
    classes.add(device, labels if isinstance(labels, list) else ())
    met = roll.introduce(device, message.received_at, interval_s=_DATAQ_S, maker="Axis",
                         name=text(at(body, "name")), model=text(at(body, "model")))  # fmt: skip
    return met + parsed


def _occupancy(device: str, body: object, message: Message, classes: _Classes) -> Parsed:
    counts = at(body, "occupancy")
    if not isinstance(counts, dict):
        return Rejected("bad_shape", "`occupancy` holds a number for each class")
    said = {slug(name).replace("-", "_"): number(value) for name, value in counts.items()}
    metrics = {f"count_{name}"[:63]: said.get(name, 0) for name in classes.add(device, list(counts))}
    return [_sample(device, message, metrics, "dataq/occupancy", epoch_ms(at(body, "timestamp")))]


ADAPTER = Adapter("axis", ("axis/+/event/#", "dataq/#", "/dataq/#", "bridge/axis-counter/+/live-sum"), open_axis)

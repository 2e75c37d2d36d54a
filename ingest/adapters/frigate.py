"""Frigate, the network video recorder (docs/adapters.md), under `frigate/`.

One recorder speaks for its cameras: `frigate/available` is its own Will, so its cameras name it as their gateway.
`stats` carries all cameras in one message; detections are events that share their object's id. Plates, faces and
names (`sub_label`) never leave this file.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Birth, Event, Ignored, Message, Rejected, Report, Sample, Status, Value
from ingest.scalars import epoch_ms, number, truth
from ingest.topics import slug

_PREFIXES = ("frigate/", "/frigate/")
_SECOND = 1000.0
_PHASE = {"new": "start", "update": "update", "end": "end"}
_BINARY = frozenset(("snapshot", "thumbnail"))
_LABEL = re.compile(r"[a-z][a-z0-9_ -]{0,40}")
_CAMERA_STATS = {"camera_fps": "fps", "expected_fps": "expected_fps", "reconnects_last_hour": "reconnects_1h",
                 "process_fps": "analysis_fps", "detection_fps": "detection_fps"}  # fmt: skip
_NOT_CAMERAS = frozenset(("events", "reviews", "stats", "available", "notifications", "onConnect", "restart",
                          "tracked_object_update", "triggers", "camera_activity", "model_state", "audio_detections",
                          "job_state", "birdseye_layout", "embeddings_reindex_progress"))  # fmt: skip


def read(message: Message, source: Source) -> Parsed:
    """Translate one message of a Frigate."""
    prefix = next((p for p in _PREFIXES if message.topic.startswith(p)), "")
    levels = message.topic.removeprefix(prefix).split("/")
    try:
        match levels:
            case ["available"]:
                return _available(message, source)
            case ["events"]:
                return _detection(_object(message.payload), message, source)
            case ["reviews"]:
                return _review(_object(message.payload), message, source)
            case ["stats"]:
                return _stats(_object(message.payload), message, source)
            case [camera, *rest] if rest and slug(camera) and camera not in _NOT_CAMERAS:
                return _of_camera(source.address("camera", camera), rest, message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Rejected("not_json", str(error)[:200])
    return Ignored("not_used")


def _object(payload: bytes) -> Mapping[str, object]:
    return msgspec.json.decode(payload, type=dict[str, object])


def _part(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    part = data.get(key)
    return part if isinstance(part, dict) else {}


def _recorder(source: Source) -> str:
    return source.address("camera", "frigate")


def _available(message: Message, source: Source) -> Parsed:
    """`stopped` is a clean end: offline, but no fault; `offline` is the Will."""
    word = message.payload.decode("utf-8", "replace").strip()
    if word == "online":
        return [Status(_recorder(source), message.received_at, "online")]
    if word in ("offline", "stopped"):
        clean = word == "stopped"
        reason = "clean" if clean else "lwt"
        return [Status(_recorder(source), message.received_at, "offline", reason=reason, will=not clean)]
    return Rejected("bad_value", f"available is {word[:40]!r}")


def _detection(data: Mapping[str, object], message: Message, source: Source) -> Parsed:
    after, phase = _part(data, "after"), _PHASE.get(str(data.get("type")))
    camera, label, event_id = after.get("camera"), after.get("label"), after.get("id")
    if phase is None or not isinstance(camera, str) or not isinstance(event_id, str) or not slug(camera):
        return Rejected("bad_shape", "an event names its `type`, and `after` its `camera` and `id`")
    ts = epoch_ms(after.get("frame_time"), _SECOND)
    facts = {
        "start": epoch_ms(after.get("start_time"), _SECOND), "end": epoch_ms(after.get("end_time"), _SECOND),
        "zones": after.get("current_zones"), "score": number(after.get("score")),
        "top_score": number(after.get("top_score")),
    }  # fmt: skip
    event = Event(
        source.address("camera", camera), message.received_at if ts is None else ts, event_id[:64],
        f"object.{str(label)[:40]}", phase, message.received_at, data=facts, origin="events", stamped=ts is not None,
    )  # fmt: skip
    return [event]


def _review(data: Mapping[str, object], message: Message, source: Source) -> Parsed:
    after, phase = _part(data, "after"), _PHASE.get(str(data.get("type")))
    camera, review_id, severity = after.get("camera"), after.get("id"), after.get("severity")
    if phase is None or not isinstance(camera, str) or not isinstance(review_id, str) or not slug(camera):
        return Rejected("bad_shape", "a review names its `type`, and `after` its `camera` and `id`")
    inner = _part(after, "data")
    facts = {
        "start": epoch_ms(after.get("start_time"), _SECOND), "end": epoch_ms(after.get("end_time"), _SECOND),
        "objects": inner.get("objects"), "zones": inner.get("zones"),
    }  # fmt: skip
    event = Event(
        source.address("camera", camera), message.received_at, review_id[:64], "review", phase,
        message.received_at, severity[:40] if isinstance(severity, str) else None, facts, origin="reviews",
        stamped=False,
    )  # fmt: skip
    return [event]


def _stats(data: Mapping[str, object], message: Message, source: Source) -> Parsed:
    """One sample for the recorder and one for each camera; an absent value is left out, a null one is unknown."""
    service = _part(data, "service")
    ts = epoch_ms(service.get("last_updated"), _SECOND)
    stamp = message.received_at if ts is None else ts

    def sample(name: str, metrics: dict[str, Value]) -> Sample:
        return Sample(source.address("camera", name), stamp, metrics, message.received_at,
                      origin="stats", stamped=ts is not None)  # fmt: skip

    reports: list[Report] = []
    for name, stats in _part(data, "cameras").items():
        if isinstance(stats, dict) and slug(name):
            metrics = {ours: number(stats[theirs]) for theirs, ours in _CAMERA_STATS.items() if theirs in stats}
            device = source.address("camera", name)
            reports += [Birth(device, stamp, gateway=_recorder(source)), sample(name, dict(metrics))]
    own = {"uptime_s": number(service.get("uptime")), "storage_used_pct": _storage(_part(service, "storage"))}
    reports.append(sample("frigate", {name: value for name, value in own.items() if value is not None}))
    return [report for report in reports if not isinstance(report, Sample) or report.metrics]


def _storage(storage: Mapping[str, object]) -> float | None:
    """How full the recordings' disk is; total and used are in one unit, so the unit does not matter."""
    disk = _part(storage, "/media/frigate/recordings")
    total, used = number(disk.get("total")), number(disk.get("used"))
    return round(100 * used / total, 1) if total and used is not None and 0 <= used <= total else None


def _of_camera(device: str, rest: Sequence[str], message: Message) -> Parsed:
    if rest[-1] in _BINARY:
        return Ignored("picture")
    text = message.payload[:64].decode("utf-8", "replace").strip()
    match rest:
        case ["status", "detect"] if text in ("online", "offline"):
            reason = None if text == "online" else "stream_down"
            return [Status(device, message.received_at, text, reason=reason)]
        case ["detect", "state"]:
            return _value(device, "detect_enabled", truth(text), message)
        case ["motion"]:
            return _value(device, "motion", truth(text), message)
        case [label] if number(text) is not None and _LABEL.fullmatch(label):
            return _value(device, f"count_{slug(label).replace('-', '_')}", number(text), message)
    return Ignored("not_used")


def _value(device: str, metric: str, value: Value, message: Message) -> Parsed:
    return [Sample(device, message.received_at, {metric: value}, message.received_at, origin=metric, stamped=False)]


ADAPTER = Adapter("frigate", tuple(f"{prefix}#" for prefix in _PREFIXES), stateless(read))

"""ParadoxFX players (docs/adapters.md): `paradox/…`, media and announcements on single-board computers.

Who speaks stands only in the body (`device_name`, `device`): the topics are whatever the installation chose below
`paradox/`. File names and addresses are not read. Source: docs/MQTT_API.md of the program.
"""

from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Rejected, Report, Sample, Status
from ingest.scalars import number, rfc3339_ms
from ingest.table import decoded
from ingest.telling import happened, text
from ingest.topics import slug

_STATES = {"online": "online", "offline": "offline", "error": "degraded"}
_PLAYED = ("currentVideo", "currentAudio")
_QUEUES = {"videoQueueLength": "video_queue", "audioQueueLength": "audio_queue"}


def read(message: Message, source: Source) -> Parsed:
    """Translate one message of a player."""
    if message.topic.endswith("/command"):
        return Ignored("own_order")
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    name = body.get("device_name", body.get("device")) if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(name, str) or not slug(name):
        return Rejected("bad_shape", "a message names its `device_name` or its `device`")
    device, stamp = source.address("loudspeaker", name), body.get("timestamp")
    own = rfc3339_ms(stamp) if isinstance(stamp, str) else None
    if body.get("application") == "pfx":
        return _heartbeat(device, body, message, own)
    if body.get("type") in ("error", "warning"):
        return _trouble(device, body, message, own)
    if body.get("type") == "event" or "status" not in body:
        return Ignored("not_used")
    return [_sample(device, _playing(body), "status", message, own)]


def _heartbeat(device: str, body: Mapping[str, object], message: Message, own: int | None) -> Parsed:
    word = str(body.get("status")).lower()
    if word not in _STATES:
        return Rejected("bad_value", f"a heartbeat's status is {word[:40]!r}")
    ts = message.received_at if own is None else own
    reports: list[Report] = [Status(device, ts, _STATES[word], stamped=own is not None)]
    if "uptime" in body:
        reports.append(_sample(device, {"uptime_s": number(body["uptime"])}, "heartbeat", message, own))
    return reports


def _trouble(device: str, body: Mapping[str, object], message: Message, own: int | None) -> Parsed:
    """An error or a warning: its code; its sentence may quote an order, and is left out."""
    kind = str(body["type"])
    code = text(body.get(f"{kind}_code")) or "UNKNOWN"
    severity = "minor" if kind == "error" else "warning"
    return happened(device, message, f"player_{kind}", "start", part=kind, own=own, id=code, severity=severity,
                    data={"code": code})  # fmt: skip


def _playing(body: Mapping[str, object]) -> dict[str, float | int | bool | None]:
    """Whether anything sounds: by the media named, or by the word (`playing_video`, `idle`)."""
    word = str(body["status"])
    named = any(body.get(key) for key in _PLAYED)
    found: dict[str, float | int | bool | None] = {"playing": named or word.startswith("playing")}
    return found | {ours: number(body[theirs]) for theirs, ours in _QUEUES.items() if theirs in body}


def _sample(
    device: str, metrics: Mapping[str, float | int | bool | None], part: str, message: Message, own: int | None
) -> Sample:
    ts = message.received_at if own is None else own
    return Sample(device, ts, metrics, message.received_at, origin=part, stamped=own is not None)


ADAPTER = Adapter("paradoxfx", ("paradox/#",), stateless(read))

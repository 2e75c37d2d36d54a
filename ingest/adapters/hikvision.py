"""Hikvision (docs/adapters.md): HikSink's bridge under `hikvision_cameras/`, and raw ISAPI alerts through a bridge.

Sources: HikSink's topics and words (its `mqtt/manager.rs`, `hikapi/event_type.rs`), Hikvision's ISAPI event
notification. ISAPI's XML is read by picking the few flat elements wanted, so no entity is ever expanded, and plates and
faces beside them are not seen. Every few seconds a device says that *no* video is lost: that is its heartbeat.
"""

import re
from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Source
from ingest.model import Ignored, Message, Rejected, Report, Status
from ingest.scalars import moment_ms, number, truth
from ingest.table import Metric, Row, at, decoded, read_row, zone_of
from ingest.telling import PHASES, WILLED_S, Roll, happened
from ingest.topics import slug

_TYPES: Mapping[str, str] = {
    # what ISAPI and HikSink call it, in small letters: our word
    "vmd": "motion", "videoloss": "video_loss", "videomismatch": "video_mismatch", "badvideo": "bad_video",
    "tamperdetection": "tamper", "shelteralarm": "tamper", "defocus": "defocus", "scenechangedetection": "scene_change",
    "linedetection": "line_crossing", "fielddetection": "intrusion", "regionentrance": "region_entrance",
    "regionexiting": "region_exiting", "attendedbaggage": "object_removed", "unattendedbaggage": "object_left",
    "audioexception": "audio_exception", "diskfull": "disk_full", "diskerror": "disk_error",
    "recordingfailure": "recording_failure", "storagedetection": "storage", "nicbroken": "nic_broken",
    "ipconflict": "ip_conflict", "illaccess": "illegal_access", "illegalaccess": "illegal_access",
}  # fmt: skip
_SEVERE = frozenset(("video_loss", "bad_video", "tamper", "disk_full", "disk_error", "recording_failure", "storage",
                     "nic_broken"))  # fmt: skip
_STATS = Row("hikvision_cameras/stats", family="camera", device="hiksink", metrics=tuple(
    Metric(name, name) for name in ("cameras_connected", "cameras_disconnected", "cameras_total")))  # fmt: skip
_ONLINE = {"online": "online", "offline": "offline"}
_AVAILABLE = Row("hikvision_cameras/availability", family="camera", device="hiksink", body="text",
              states={**_ONLINE, "offline": "offline/lwt"})  # fmt: skip
_CAMERA = Row("hikvision_cameras/device_{device}/availability", family="camera", body="text", states=_ONLINE)
_WANTED = ("eventType", "eventState", "dateTime", "channelID", "dynChannelID", "activePostCount")
_ELEMENT = re.compile(r"<({})>([^<>&]{{0,80}})</\1>".format("|".join(_WANTED)))
_OF_BRIDGE = {"stats": _STATS, "availability": _AVAILABLE}
_MOST_LOST = 4096
_VOUCH_MS = 60_000


class _Hikvision:
    """Remembers who was introduced, whose video is lost, and when the bridge was last vouched for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._roll = Roll(source)
        self._zone = zone_of(source)
        self._bridge = source.address("camera", "hiksink")
        self._vouched = 0
        self._lost: dict[tuple[str, str], None] = {}

    def read(self, message: Message) -> Parsed:
        """Translate one message."""
        match message.topic.split("/"):
            case ["hikvision_cameras", "stats" | "availability" as what]:
                parsed = read_row(_OF_BRIDGE[what], {}, message, self._source, self._zone)
                return self._with_birth(self._bridge, parsed, message, interval_s=WILLED_S)
            case ["hikvision_cameras", device, *part] if part and slug(device.removeprefix("device_")):
                return self._of_hiksink(device.removeprefix("device_"), part, message)
            case ["bridge", "hikvision", device, "alert"] if slug(device):
                address = self._source.address("camera", device)
                return self._with_birth(address, self._isapi(address, message), message, maker="Hikvision")
        return Rejected("bad_topic", "HikSink's topics are hikvision_cameras/device_<camera>/…")

    def _with_birth(
        self, device: str, parsed: Parsed, message: Message, *, maker: str | None = None,
        gateway: str | None = None, interval_s: float | None = None,
    ) -> Parsed:  # fmt: skip
        if not isinstance(parsed, list):
            return parsed
        met = self._roll.introduce(device, message.received_at, maker=maker, gateway=gateway, interval_s=interval_s)
        return met + parsed

    def _of_hiksink(self, name: str, part: list[str], message: Message) -> Parsed:
        """The bridge speaks for its cameras: when it dies they are unknown, and while one is heard it lives."""
        if part == ["log"]:
            return Ignored("not_used")
        device = self._source.address("camera", name)
        if part == ["availability"]:
            parsed = read_row(_CAMERA, {"device": name}, message, self._source, self._zone)
        else:
            parsed = _trigger(device, part, message)
        parsed = self._with_birth(device, parsed, message, maker="Hikvision", gateway=self._bridge, interval_s=WILLED_S)
        if isinstance(parsed, list) and not message.retained and message.received_at - self._vouched >= _VOUCH_MS:
            self._vouched = message.received_at
            parsed.append(Status(self._bridge, message.received_at, "online"))
        return parsed

    def _isapi(self, device: str, message: Message) -> Parsed:
        said = _notification(message.payload)
        if isinstance(said, Rejected):
            return said
        own = moment_ms(said.get("dateTime"), "local", self._zone)
        what, flag = _word(said["eventType"]), truth(said.get("eventState"))
        channel = str(said.get("channelID") or said.get("dynChannelID") or "")[:16]
        if what == "video_loss" and flag is False:
            stamp = message.received_at if own is None else own
            status: list[Report] = [Status(device, stamp, "online", stamped=own is not None)]
            was_lost = self._remember_loss(device, channel, lost=False)
            return status + (_event(device, what, "end", channel, message, own) if was_lost else [])
        if what == "video_loss":
            self._remember_loss(device, channel, lost=True)
        posts = number(said.get("activePostCount"))
        phase = "update" if flag and posts is not None and posts > 1 else "start" if flag is None else PHASES[flag]
        return _event(device, what, phase, channel, message, own)

    def _remember_loss(self, device: str, channel: str, *, lost: bool) -> bool:
        """Whether it was lost before."""
        key = (device, channel)
        before = key in self._lost
        self._lost.pop(key, None)
        if lost:
            self._lost[key] = None
            if len(self._lost) > _MOST_LOST:
                del self._lost[next(iter(self._lost))]
        return before


def _trigger(device: str, part: list[str], message: Message) -> Parsed:
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    flag = truth(at(body, "alerting"))
    if flag is None:
        return Rejected("bad_shape", "a trigger says whether it is `alerting`")
    return _event(device, _word(part[-1]), PHASES[flag], part[0] if len(part) > 1 else "", message, None)


def _event(device: str, what: str, phase: str, channel: str, message: Message, own: int | None) -> list[Report]:
    part = f"{channel}/{what}".lstrip("/")
    severity = "major" if what in _SEVERE and phase != "end" else None
    state = {"motion": phase != "end"} if what == "motion" else None
    data = {"channel": channel} if channel else None
    return happened(device, message, what, phase, part=part, own=own, severity=severity, state=state, data=data)


def _word(theirs: object) -> str:
    """Our word for a type; some firmware adds a number (`facedetection-1`), and none is sure of its capitals."""
    plain = str(theirs).split("-")[0].strip().lower()
    return _TYPES.get(plain, slug(plain).replace("-", "_") or "event")


def _notification(payload: bytes) -> Mapping[str, object] | Rejected:
    """The wanted elements of an alert, XML or (newer firmware) JSON; `eventType` is among them."""
    if payload.lstrip().startswith(b"{"):
        body = decoded(payload)
        if isinstance(body, Rejected):
            return body
        found = {key: at(body, key) for key in _WANTED}
        said: dict[str, object] = {key: value for key, value in found.items() if isinstance(value, str | int)}
    else:
        raw = decoded(payload, "text")
        if isinstance(raw, Rejected):
            return raw
        xml = str(raw)
        if "<EventNotificationAlert" not in xml or "<!DOCTYPE" in xml or "<!ENTITY" in xml:
            return Rejected("bad_shape", "not an ISAPI EventNotificationAlert")
        said = {}
        for name, value in _ELEMENT.findall(xml):
            said.setdefault(name, value.strip())
    return said if said.get("eventType") else Rejected("bad_shape", "an alert names its `eventType`")


ADAPTER = Adapter(
    "hikvision", ("hikvision_cameras/#", "bridge/hikvision/+/alert"), lambda source: _Hikvision(source).read
)

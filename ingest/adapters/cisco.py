"""Cisco's room devices (docs/adapters.md): RoomOS xAPI, `bridge/cisco/<device>/{status,feedback,mediachannels}`.

A bridge of yours publishes the status tree whole, or in parts as feedback: there only what changed, numbers as text,
an object where a list has one member, and a member that is gone as a `ghost`. `-1` people means that nobody can see.
Remote numbers, names and addresses are not read. Sources: RoomOS xAPI reference; `mediachannels` as CiscoDevNet's
macro "Call Performance Monitoring" writes it (jitter in ms, loss as packets).
"""

from collections.abc import Callable, Mapping, Sequence

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Report, Sample, Value
from ingest.scalars import lost_pct, number, rfc3339_ms, truth
from ingest.table import Metric, at, decoded, told
from ingest.telling import Roll, happened, text
from ingest.topics import slug

_MOST = 4096


def _among(*words: str) -> Callable[[object], Value]:
    """Whether a word is one of these; anything but a word is unknown."""
    return lambda raw: raw.strip().lower() in words if isinstance(raw, str) and raw.strip() else None


_STATUS = (
    Metric("calls", "SystemUnit.State.NumberOfActiveCalls"),
    Metric("people_count", "RoomAnalytics.PeopleCount.Current", unknown=(-1, "-1")),
    Metric("room_in_use", "RoomAnalytics.RoomInUse", convert=truth),
    Metric("ambient_noise_dba", "RoomAnalytics.AmbientNoise.Level.A"),
    Metric("volume_pct", "Audio.Volume"),
    Metric("mic_muted", "Audio.Microphones.Mute", convert=truth),
    Metric("sip_registered", "SIP.Registration.Status", convert=_among("registered")),
    Metric("sip_registered", "SIP.Registration.0.Status", convert=_among("registered")),
    Metric("standby", "Standby.State", convert=_among("standby", "enteringstandby", "halfwake")),
    Metric("uptime_s", "SystemUnit.Uptime"),
    Metric("temperature_ok", "SystemUnit.Hardware.Monitoring.Temperature.Status", convert=_among("normal")),
)
_CALL = (
    Metric("call_duration_s", "Duration"), Metric("rx_bps", "ReceiveCallRate", 1000),
    Metric("tx_bps", "TransmitCallRate", 1000),
)  # fmt: skip
_WAYS = {"Incoming": "rx", "Outgoing": "tx"}


class _Endpoint:
    """Reads one source; remembers who was introduced, and whose calls stand."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.roll = Roll(source)
        self.calls: dict[str, dict[str, None]] = {}

    def read(self, message: Message) -> Parsed:
        name, kind = message.topic.split("/")[2:4]
        body = decoded(message.payload)
        if isinstance(body, Rejected):
            return body
        if not slug(name):
            return Rejected("bad_topic", "a device's name has a letter or a digit")
        device = self.source.address("videoconference", name)
        if kind == "mediachannels":
            metrics = _channels(at(body, "device_data"))
            return [_sample(device, metrics, "mediachannels", message)] if metrics else Ignored("no_call")
        status = at(body, "Status")
        if not isinstance(status, dict):
            return Rejected("bad_shape", "a status or feedback carries `Status`")
        return self._status(device, status, kind, message) or Ignored("not_used")

    def _status(self, device: str, status: Mapping[str, object], kind: str, message: Message) -> list[Report]:
        stamp = at(status, "Time.SystemTime")
        own = rfc3339_ms(stamp) if isinstance(stamp, str) else None
        reports: list[Report] = []
        model = text(at(status, "SystemUnit.ProductId"))
        if kind == "status" and model:
            fw = text(at(status, "SystemUnit.Software.Version"))
            reports += self.roll.introduce(device, message.received_at, maker="Cisco", model=model, fw=fw)
        metrics: dict[str, Value] = told(_STATUS, status)
        calls = metrics.get("calls")
        if isinstance(calls, int | float):
            metrics["in_call"] = calls > 0
            if calls == 0:
                self.calls.pop(device, None)
        for call in _several(status.get("Call")):
            reports += self._call(device, call, message, own)
        return [*reports, _sample(device, metrics, kind, message, own)] if metrics else reports

    def _call(self, device: str, call: Mapping[str, object], message: Message, own: int | None) -> list[Report]:
        """A call's state makes an event of it; its figures alone, a sample."""
        which, word = text(str(call.get("id", ""))), str(call.get("Status", ""))
        standing = self.calls.setdefault(device, {})
        if len(self.calls) > _MOST:
            del self.calls[next(iter(self.calls))]
        metrics = told(_CALL, call)
        gone = truth(call.get("ghost")) is True or word in ("Idle", "Disconnecting")
        if not which or (which in standing and not gone) or not (gone or word):
            return [_sample(device, metrics, "call", message, own)] if metrics else []
        if gone:
            standing.pop(which, None)
        elif word == "Connected" and len(standing) < 64:
            standing[which] = None
        phase = "end" if gone else "start" if which in standing else "update"
        return happened(device, message, "call", phase, part="call", own=own, id=which,
                        state={"in_call": bool(standing), **metrics})  # fmt: skip


def _several(raw: object) -> Sequence[Mapping[str, object]]:
    """A list's objects; an object alone is a list of one."""
    return [one for one in (raw if isinstance(raw, list) else [raw]) if isinstance(one, dict)][:16]


def _channels(channels: object) -> dict[str, Value]:
    """`Audio_Main_Incoming` and its kind: jitter in ms; loss is a count of packets, so a share is computed."""
    found: dict[str, Value] = {}
    for name, said in channels.items() if isinstance(channels, dict) else ():
        media, _, rest = str(name).partition("_")
        way = _WAYS.get(rest.removeprefix("Main_"))
        if media not in ("Audio", "Video") or way is None or not isinstance(said, dict):
            continue
        prefix = f"{media.lower()}_{way}"
        if "Jitter" in said:
            found[f"{prefix}_jitter_ms"] = number(said["Jitter"])
        if "Loss" in said:
            found[f"{prefix}_loss_pct"] = lost_pct(said["Loss"], said.get("Packets"))
        if media == "Video" and "ChannelRate" in said:
            found[f"{prefix}_bps"] = number(said["ChannelRate"])
    return found


def _sample(device: str, metrics: Mapping[str, Value], part: str, message: Message, own: int | None = None) -> Sample:
    ts = message.received_at if own is None else own
    return Sample(device, ts, metrics, message.received_at, origin=part, stamped=own is not None)


def open_on(source: Source) -> Read:
    """Read as a room device."""
    return _Endpoint(source).read


_KINDS = ("status", "feedback", "mediachannels")
ADAPTER = Adapter("cisco-xapi", tuple(f"bridge/cisco/+/{kind}" for kind in _KINDS), open_on)

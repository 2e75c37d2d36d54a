"""Janus, the WebRTC server (docs/adapters.md): its MQTT event handler, `/janus/events/…`.

`…/status` is the connection of the handler; every other message names its server (`emitter`), whose gateway that
connection is. Times are microseconds. Rooms and participants are events, by number; what people call themselves,
addresses and session descriptions are never read. Sources: janus_mqttevh.c, and Janus' documentation of event types.
"""

from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Report, Sample, Status, Value
from ingest.scalars import epoch_ms, lost_pct, number
from ingest.table import MISSING, at, decoded
from ingest.telling import WILLED_S, Roll, happened
from ingest.topics import slug

_ROOMS: Mapping[str, tuple[str, str, str, str, int]] = {  # what it is; where its id stands; what it counts
    "created": ("room", "start", "room", "conferences_delta", 1),
    "destroyed": ("room", "end", "room", "conferences_delta", -1),
    "joined": ("participant", "start", "id", "participants_delta", 1),
    "leaving": ("participant", "end", "id", "participants_delta", -1),
    "left": ("participant", "end", "id", "participants_delta", -1),
}
_MEDIA, _PLUGIN, _CORE = 32, 64, 256  # types of events
_STATES = {"started": ("online", None), "shutdown": ("offline", "clean")}
_AGAIN_MS = 3_600_000  # a busy server says at most this often that its handler's connection stands
_MOST = 256  # events grouped in one message


class _Reader:
    """Reads one source; remembers who was introduced and which connections were last told to stand."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.roll = Roll(source)
        self.standing: dict[str, int] = {}

    def read(self, message: Message) -> Parsed:
        body = decoded(message.payload)
        if isinstance(body, Rejected):
            return body
        handler = self.source.address("videoconference", "janus")
        if message.topic.endswith("/events/status"):
            return self._connection(handler, at(body, "event"), message)
        reports: list[Report] = []
        for one in (body if isinstance(body, list) else [body])[:_MOST]:
            reports += self._event(handler, one, message)
        return reports or Ignored("not_used")

    def _connection(self, handler: str, word: object, message: Message) -> Parsed:
        """A clean end and the Will say the same, so it is taken for the Will."""
        if word not in ("connected", "disconnected"):
            return Rejected("bad_value", f"a status is connected or disconnected, not {str(word)[:40]!r}")
        met = self.roll.introduce(handler, message.received_at, interval_s=WILLED_S)
        if word == "connected":
            self.standing[handler] = message.received_at
            return [*met, Status(handler, message.received_at, "online")]
        self.standing.pop(handler, None)
        return [*met, Status(handler, message.received_at, "offline", reason="lwt", will=True)]

    def _event(self, handler: str, said: object, message: Message) -> list[Report]:
        name = at(said, "emitter")
        if not isinstance(name, str) or not slug(name):
            return []
        device = self.source.address("videoconference", name)
        stamp = at(said, "timestamp")
        own = epoch_ms(stamp // 1000) if isinstance(stamp, int) and not isinstance(stamp, bool) else None
        told = _told(device, said, message, own)
        if not told:
            return []
        last = self.standing.get(handler)
        met: list[Report] = []
        if device != handler and (last is None or not 0 <= message.received_at - last < _AGAIN_MS):
            self.standing[handler] = message.received_at
            met = [Status(handler, message.received_at, "online")]
        gateway = handler if device != handler else None
        met += self.roll.introduce(device, message.received_at, interval_s=WILLED_S, gateway=gateway)
        return [*met, *told]


def _told(device: str, said: object, message: Message, own: int | None) -> list[Report]:
    kind = at(said, "type")
    if kind == _PLUGIN:
        return _room(device, at(said, "event.data"), message, own)
    if kind == _MEDIA:
        return _quality(device, said, message, own)
    word = str(at(said, "event.status"))
    if kind != _CORE or word not in _STATES:
        return []
    state, reason = _STATES[word]
    ts = message.received_at if own is None else own
    return [Status(device, ts, state, reason=reason, stamped=own is not None)]


def _room(device: str, data: object, message: Message, own: int | None) -> list[Report]:
    known = _ROOMS.get(str(at(data, "event")))
    if known is None:
        return []
    what, phase, path, counted, change = known
    which = at(data, path)
    if not isinstance(which, int | str):
        return []
    room = at(data, "room")
    facts: dict[str, object] = {counted: change}
    if isinstance(room, int | str):
        facts["room"] = str(room)[:64]
    return happened(device, message, what, phase, part=what, own=own, id=str(which), data=facts)


def _quality(device: str, said: object, message: Message, own: int | None) -> list[Report]:
    """One participant's medium (RTCP): loss is a count of packets since its beginning."""
    event, media = at(said, "event"), at(said, "event.media")
    if not isinstance(event, dict) or media not in ("audio", "video") or "packets-received" not in event:
        return []
    metrics: dict[str, Value] = {f"{media}_rx_loss_pct": lost_pct(event.get("lost"), event["packets-received"])}
    for theirs, ours in (("jitter-local", f"{media}_rx_jitter_ms"), ("rtt", "rtt_ms")):
        if event.get(theirs, MISSING) is not MISSING:
            metrics[ours] = number(event[theirs])
    ts = message.received_at if own is None else own
    part = f"{media}/{str(at(said, 'handle_id'))[:32]}"
    return [Sample(device, ts, metrics, message.received_at, origin=part, stamped=own is not None)]


def open_on(source: Source) -> Read:
    """Read as a Janus."""
    return _Reader(source).read


ADAPTER = Adapter("janus", ("/janus/events/#", "janus/events/#"), open_on)

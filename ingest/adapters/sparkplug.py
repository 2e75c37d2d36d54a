"""Sparkplug B 3.0 (docs/adapters.md): `spBv1.0/<group>/<type>/<edge node>[/<device>]`, protobuf.

An edge node is the gateway of its devices: NDEATH is its Will and makes them unknown; DDEATH is its word that one of
them is lost. A birth names the aliases and types that later messages leave out, so births are remembered. Values come
only when they change, so silence means little: births tell a long interval. `seq` counts an edge node's messages, all
its devices' together, and begins anew after 255: it tells messages of one millisecond apart, but no gaps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from msgspec.structs import replace as change

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.errors import BadOptionError
from ingest.model import Birth, Ignored, Message, Rejected, Report, Sample, Status, Value
from ingest.privacy import without_private
from ingest.scalars import number
from ingest.sparkplug_b import BOOLEAN, NUMBERS, Metric, Payload, decode
from ingest.topics import slug
from ingest.units import Unit, chosen_name, unit_of

_TYPES = frozenset(("NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH"))
_NOT_METRICS = ("bdSeq", "Properties/", "Node Control/", "Device Control/")
_FAMILIES: Mapping[str, frozenset[str]] = {  # names that only one family uses
    "camera": frozenset(("fps", "expected_fps", "bitrate_bps", "motion", "occupancy", "reconnects_1h")),
    "wifi": frozenset(("clients", "signal_dbm", "noise_dbm", "channel_util_pct", "dhcp_leases")),
    "loudspeaker": frozenset(("playing", "volume_pct", "amp_temperature_c", "amp_fault", "speaker_test_ok",
                              "plays_total")),
    "videoconference": frozenset(("in_call", "participants", "mos", "sip_registered", "audio_rx_loss_pct",
                                  "video_rx_loss_pct")),
}  # fmt: skip
_MOST_BORN = 20_000
_MOST_METRICS = 512
_NODE_AGAIN_MS = 60_000  # a busy edge node is told to be online at most this often
_Key = tuple[str, ...]  # group, edge node[, device]


@dataclass(frozen=True, slots=True)
class _Born:
    """What a birth told; metrics by our names, units by theirs. `session` is its `bdSeq`, `before` the one before."""

    device: str
    names: Mapping[int, str]
    datatypes: Mapping[int, int]
    units: Mapping[str, str]
    metrics: Mapping[str, Mapping[str, Value]]
    session: Value = None
    before: Value = None


_UNBORN = _Born("", {}, {}, {}, {})


@dataclass(frozen=True, slots=True)
class _Frame:
    """One message: who spoke (`kind` as in the topic), when, and its metrics by the names of the birth."""

    kind: str
    key: _Key
    message: Message
    ts: int
    stamped: bool
    seq: int | None
    said: Sequence[tuple[str, Metric]]
    known: _Born

    def of(self, name: str) -> Value:
        return next((metric.value for theirs, metric in self.said if theirs == name), None)


@dataclass(slots=True)
class _Reader:
    """Reads one source; remembers births, and when each edge node was last told to be online. The oldest go first."""

    source: Source
    interval_s: float
    born: dict[_Key, _Born] = field(default_factory=dict)
    online: dict[_Key, int] = field(default_factory=dict)

    def read(self, message: Message) -> Parsed:
        """Translate one message."""
        levels = message.topic.split("/")
        if len(levels) > 2 and (levels[1] == "STATE" or levels[2] in ("NCMD", "DCMD")):
            return Ignored("own_order")
        if len(levels) < 4 or levels[2] not in _TYPES or len(levels) != (5 if levels[2][0] == "D" else 4):
            return Rejected("bad_topic", "Sparkplug's topics are spBv1.0/<group>/<type>/<edge node>[/<device>]")
        key = (levels[1], *levels[3:])
        if not all(slug(name) for name in key[1:]):
            return Rejected("bad_topic", "an edge node's or a device's name has a letter or a digit")
        known = self.born.get(key, _UNBORN)
        payload = decode(message.payload, known.datatypes)
        if isinstance(payload, Rejected):
            return payload
        frame = self._frame(levels[2], key, message, payload)
        match levels[2][1:]:
            case "BIRTH":
                return self._birth(frame)
            case "DEATH":
                return self._death(frame)
        if payload.metrics and not frame.said:
            return Ignored("no_birth")  # aliases that no birth has named yet
        return self._data(frame)

    def _frame(self, kind: str, key: _Key, message: Message, payload: Payload) -> _Frame:
        known = self.born.get(key, _UNBORN)
        # The payload's time counts: its metrics' are those of their last change, and some libraries never move them.
        ts = message.received_at if payload.ts is None else payload.ts
        named = [
            (one.name or known.names.get(-1 if one.alias is None else one.alias, ""), one) for one in payload.metrics
        ]
        said = [(name, metric) for name, metric in named if name]
        return _Frame(kind, key, message, ts, payload.ts is not None, payload.seq, said, known)

    def _birth(self, frame: _Frame) -> Parsed:
        device = self._address(frame, born=True) or ""
        aliases = {metric.alias: (name, metric.datatype) for name, metric in frame.said if metric.alias is not None}
        names = {alias: name for alias, (name, _) in aliases.items()}
        datatypes = {alias: datatype for alias, (_, datatype) in aliases.items()}
        units = {name: metric.unit for name, metric in frame.said if metric.unit}
        known = _Born(device, names, datatypes, units, self._described(frame), frame.of("bdSeq"), frame.known.session)
        self.born.pop(frame.key, None)
        self.born[frame.key] = known
        _bound(self.born)
        frame = replace(frame, known=known)
        gateway = self._node(frame.key) if len(frame.key) == 3 else None
        birth = change(_about(frame, device), gateway=gateway, interval_s=self.interval_s)
        online = Status(device, frame.ts, "online", stamped=frame.stamped)
        return [*self._alive(frame), birth, online, *self._samples(frame, device)]

    def _data(self, frame: _Frame) -> Parsed:
        device = frame.known.device or self._address(frame, born=False)
        if device is None:
            return Ignored("no_birth")  # its family is told by a birth; guessing would make a second device
        about = _about(frame, device)
        again = [about] if about.maker or about.model or about.fw else []
        return [*self._alive(frame), *again, *self._samples(frame, device)]

    def _death(self, frame: _Frame) -> Parsed:
        if len(frame.key) == 3:
            device = frame.known.device or self._address(frame, born=False)
            if device is None:
                return Ignored("no_birth")
            lost = Status(device, frame.ts, "offline", reason="lwt", will=True, stamped=frame.stamped)
            return [*self._alive(frame), lost]
        session = frame.of("bdSeq")
        if session not in (None, frame.known.session) and session == frame.known.before:
            return Ignored("old_session")  # an old connection died after the new birth; other mismatches are bugs
        self.online.pop(frame.key, None)
        # A Will has no reliable time: it was written when the connection began.
        return [Status(self._node(frame.key), frame.message.received_at, "offline", reason="lwt", will=True)]

    def _alive(self, frame: _Frame) -> list[Report]:
        """Who speaks for a device is online, also where its own birth went by unheard."""
        node, now = frame.key[:2], frame.message.received_at
        known = 0 <= now - self.online.get(node, -_NODE_AGAIN_MS) < _NODE_AGAIN_MS
        if not known:
            self.online[node] = now
            _bound(self.online)
        return [] if known or len(frame.key) == 2 else [Status(self._node(node), now, "online")]

    def _node(self, key: _Key) -> str:
        """An edge node is a gateway; the option `family` says what the devices are."""
        options = {name: value for name, value in self.source.options.items() if name != "family"}
        return replace(self.source, options=options).address("gateway", key[1])

    def _address(self, frame: _Frame, *, born: bool) -> str | None:
        """An address, as soon as the family is plain: by the options, by what is measured, or at birth."""
        if len(frame.key) == 2:
            return self._node(frame.key)
        options, name = self.source.options, frame.key[2]
        if f"id.{frame.key[1]}/{name}" in options:
            name = f"{frame.key[1]}/{name}"
        family = _family(name for name, _, _ in self._ours(frame))
        if family or born or "family" in options or "/" in options.get(f"id.{name}", ""):
            return self.source.address(family or "gateway", name)
        return None

    def _samples(self, frame: _Frame, device: str) -> list[Report]:
        """What changed, at the payload's time; historical values at their own, one sample for each time."""
        now: dict[str, Value] = {}
        late: dict[int, dict[str, Value]] = {}
        for name, unit, metric in self._ours(frame):
            own = frame.ts if metric.ts is None else metric.ts
            (late.setdefault(own, {}) if metric.historical else now)[name] = _value(name, unit, metric.value)
        received, part = frame.message.received_at, f"{frame.kind}/{frame.seq}"
        samples: list[Report] = [
            Sample(device, ts, late[ts], received, origin=f"{part}/late", late=True) for ts in sorted(late)
        ]
        if now or (not late and frame.kind.endswith("DATA")):
            samples.append(Sample(device, frame.ts, now, received, origin=part, stamped=frame.stamped))
        return samples

    def _ours(self, frame: _Frame) -> list[tuple[str, Unit, Metric]]:
        """The plain values under the wire's names; private ones and the equipment's own affairs are left out."""
        found: list[tuple[str, Unit, Metric]] = []
        for theirs, metric in frame.said:
            unit = unit_of(metric.unit or frame.known.units.get(theirs))
            base = chosen_name(self.source, theirs).replace("amplifier_", "amp_")
            name = unit.name(base) if base and not theirs.startswith(_NOT_METRICS) else ""
            if name and metric.scalar and without_private({name: 0}):
                found.append((name, unit, metric))
        return found[:_MOST_METRICS]

    def _described(self, frame: _Frame) -> dict[str, dict[str, Value]]:
        return {name: {"type": _type(metric.datatype)} for name, _, metric in self._ours(frame)}


def _type(datatype: int) -> str:
    return "boolean" if datatype == BOOLEAN else "number" if datatype in NUMBERS else "text"


def _value(name: str, unit: Unit, value: Value) -> Value:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = unit.value(value)
        return None if name.endswith("_pct") and value is not None and not 0 <= value <= 100 else value
    return value


def _about(frame: _Frame, device: str) -> Birth:
    """What is told of the hardware, under the names that the specification proposes."""
    told = {name.lower(): str(metric.value)[:120] for name, metric in frame.said if isinstance(metric.value, str)}
    maker, model, fw = (told.get(f"properties/{what}") for what in ("hardware make", "hardware model", "fw"))
    return Birth(device, frame.ts, maker=maker, model=model, fw=fw, metrics=frame.known.metrics)


def _family(names: Iterable[str]) -> str | None:
    """The one family whose own names occur."""
    seen = frozenset(names)
    found = [family for family, own in _FAMILIES.items() if own & seen]
    return found[0] if len(found) == 1 else None


def _bound(known: dict[_Key, _Born] | dict[_Key, int]) -> None:
    if len(known) > _MOST_BORN:
        del known[next(iter(known))]


def open_on(source: Source) -> Read:
    """A reader with a memory of births."""
    interval_s = number(source.options.get("interval_s", "3600"))
    if interval_s is None or interval_s <= 0:
        raise BadOptionError("sparkplug: interval_s phải là số giây lớn hơn 0 (must be seconds, more than 0)")
    return _Reader(source, interval_s).read


ADAPTER = Adapter("sparkplug", ("spBv1.0/#",), open_on)

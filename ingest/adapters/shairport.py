"""Shairport Sync (docs/adapters.md): a loudspeaker that plays what is sent to it, `shairport/<device>/<what>`.

Read is that it plays, and how loudly. What it plays and who sends it (names of people's telephones, their addresses,
pictures) is never read. Sources: MQTT.md and mqtt.c of the program. No message carries a time; there is no Will.
"""

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Metrics, Rejected, Sample
from ingest.scalars import number, truth
from ingest.table import decoded
from ingest.telling import QUIET_S, Roll
from ingest.topics import slug

_MUTE = -144.0
_MARKS: Metrics = {"play_start": True, "play_resume": True, "play_end": False}  # by arrival, whatever the payload
_ACTIVE: Metrics = {"active_start": True, "active_end": False}
_PICTURES = frozenset(("cover",))


def open_on(source: Source) -> Read:
    """Read as a player; remembers who was introduced."""
    roll = Roll(source)

    def read(message: Message) -> Parsed:
        name, *rest = message.topic.removeprefix("/").removeprefix("shairport/").split("/")
        if not rest:  # a program whose whole topic is `shairport`
            name, rest = "shairport", [name]
        if not slug(name) or len(rest) != 1:
            return Ignored("not_used")  # raw metadata
        if rest[0] == "remote":
            return Ignored("own_order")
        if rest[0] in _PICTURES:
            return Ignored("picture")
        metrics = _metrics(rest[0], message.payload)
        if metrics is None or isinstance(metrics, Rejected):
            return metrics or Ignored("not_used")
        device = source.address("loudspeaker", name)
        sample = Sample(device, message.received_at, metrics, message.received_at, origin=rest[0], stamped=False)
        return [*roll.introduce(device, message.received_at, interval_s=QUIET_S), sample]

    return read


def _metrics(what: str, payload: bytes) -> Metrics | Rejected | None:
    if what in _MARKS:
        return {"playing": _MARKS[what]}
    if what in _ACTIVE:
        return {"active": _ACTIVE[what]}
    if what not in ("playing", "active", "volume"):
        return None
    words = decoded(payload, "text")
    if isinstance(words, Rejected):
        return words
    return _volume(str(words)) if what == "volume" else {what: truth(words)}


def _volume(words: str) -> Metrics | Rejected:
    """`airplay,volume,lowest,highest`: the slider from -30 to 0 (-144 is mute), then decibels (all 0: not applied)."""
    parts = [number(word) for word in words.split(",")]
    if len(parts) != 4:
        return Rejected("bad_shape", "a volume is four numbers")
    slider, loudness, lowest, highest = parts
    if slider is None or not (slider == _MUTE or -30 <= slider <= 0):
        return {"volume_pct": None, "volume_db": None}
    if slider == _MUTE:
        return {"volume_pct": 0, "muted": True}
    applied = loudness if lowest or highest or loudness else None
    return {"volume_pct": round((slider + 30) / 30 * 100, 1), "volume_db": applied, "muted": False}


ADAPTER = Adapter("shairport", ("shairport/#", "/shairport/#"), open_on)

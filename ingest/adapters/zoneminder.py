"""ZoneMinder (docs/adapters.md): prose under `zoneminder/monitor/<id>`, JSON notices under `zoneminder/<id>`.

Sources: `zm_monitor.cpp` (the sentences), `zmeventnotification.pl` (the notices; their `state` is always `alarm`, only
`eventtype` tells the end). An event's name may hold what a detector recognised, also faces: of its cause only known
words are read.
"""

import re
from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Sample
from ingest.scalars import number
from ingest.table import at, decoded
from ingest.telling import PHASES, QUIET_S, Roll, happened
from ingest.topics import slug

_PROSE_S = 300.0  # ZoneMinder reports its rates after a number of frames, by default about every minute
_RATES: Mapping[str, tuple[re.Pattern[str], float]] = {
    "fps": (re.compile(r"\bCapturing at ([-\w.]{1,24}) ?fps"), 1),
    "bitrate_bps": (re.compile(r"\bcapturing bandwidth ([-\w.]{1,24}?) ?bytes/sec"), 8),
    "analysis_fps": (re.compile(r"\bAnalysing at ([-\w.]{1,24}) ?fps"), 1),
}
_EVENT = re.compile(r"event (start|end)(?:ed)?: ?(\d{1,20})")
_CAUSES = ("motion", "signal", "linked", "forced", "continuous")
_ENDED = {"event_end": "end", "event_start": "start"}


def open_zoneminder(source: Source) -> Read:
    """Read as a ZoneMinder; remembers which monitors it met."""
    roll = Roll(source)

    def read(message: Message) -> Parsed:
        match message.topic.split("/"):
            case ["zoneminder", "monitor", monitor] if slug(monitor):
                return _prose(source.address("camera", monitor), message, roll)
            case ["zoneminder", monitor] if monitor.isdecimal() and monitor.isascii():
                return _notice(source.address("camera", monitor), message, roll)
        return Ignored("not_used")

    return read


def _prose(device: str, message: Message, roll: Roll) -> Parsed:
    said = decoded(message.payload, "text")
    if isinstance(said, Rejected):
        return said
    sentence = str(said)[:400]
    met = roll.introduce(device, message.received_at, interval_s=_PROSE_S)
    if event := _EVENT.search(sentence):
        return met + happened(device, message, "recording", event[1], part="event", id=event[2])
    metrics = {}
    for name, (pattern, scale) in _RATES.items():
        if found := pattern.search(sentence):
            value = number(found[1])
            metrics[name] = None if value is None else number(value * scale)
    if not metrics:
        return Ignored("not_used")
    return [*met, Sample(device, message.received_at, metrics, message.received_at, origin="monitor", stamped=False)]


def _notice(device: str, message: Message, roll: Roll) -> Parsed:
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    event_id, kind = at(body, "eventid"), at(body, "eventtype")
    if not isinstance(event_id, str | int) or not str(event_id):
        return Rejected("bad_shape", "a notice names its `eventid`")
    name = at(body, "name")
    cause = name.rsplit(")", 1)[-1].casefold() if isinstance(name, str) else ""
    what = next((word for word in _CAUSES if word in cause), "alarm")
    phase = _ENDED.get(str(kind), PHASES[True])
    met = [] if device in roll else roll.introduce(device, message.received_at, interval_s=QUIET_S)
    return met + happened(device, message, what, phase, part="notice", id=str(event_id))


ADAPTER = Adapter("zoneminder", ("zoneminder/#",), open_zoneminder)

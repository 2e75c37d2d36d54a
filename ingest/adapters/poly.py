"""Poly's (Polycom's) devices (docs/adapters.md): statistics of calls, `bridge/poly/<device>/sessionStats`.

A bridge of yours asks `/api/v1/mgmt/media/sessionStats` and publishes the answer. Every number is text; jitter is in
milliseconds; MOS goes from 1 to 5 (CQ: as people judge a conversation). Source: the vendor's REST API manual.
"""

from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Rejected, Sample, Value
from ingest.scalars import lost_pct, number
from ingest.table import at, decoded
from ingest.topics import slug

_DONE = "2000"  # the API's own word for success
_MEDIA = {"voice": "audio", "audio": "audio", "video": "video", "people": "video"}


def read(message: Message, source: Source) -> Parsed:
    """Translate one answer: the first stream of each kind, for a room has one call."""
    name = message.topic.split("/")[2]
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    sessions = at(body, "data")
    if str(at(body, "Status")) != _DONE or not slug(name) or not isinstance(sessions, list):
        return Rejected("bad_shape", "an answer carries `data` and the Status 2000")
    metrics: dict[str, Value] = {}
    for session in sessions[:16]:
        streams = at(session, "Streams")
        for stream in streams[:16] if isinstance(streams, list) else ():
            metrics = _stream(stream) | metrics
    if not metrics:
        return Ignored("no_call")
    device = source.address("videoconference", name)
    return [Sample(device, message.received_at, metrics, message.received_at, origin="sessionStats", stamped=False)]


def _stream(stream: object) -> dict[str, Value]:
    """`Category` is `0:Voice` and its kind."""
    media = _MEDIA.get(str(at(stream, "Category")).rpartition(":")[2].strip().lower())
    if media is None or not isinstance(stream, dict):
        return {}
    found: dict[str, Value] = {}
    if "Jitter" in stream:
        found[f"{media}_rx_jitter_ms"] = number(stream["Jitter"])
    if "PacketsLost" in stream:
        found[f"{media}_rx_loss_pct"] = _loss(stream)
    if media == "audio" and "RxMOSCQ" in stream:
        found["mos"] = _mos(number(stream["RxMOSCQ"]))
    return found


def _loss(stream: Mapping[str, object]) -> float | None:
    lost, expected = number(stream["PacketsLost"]), number(stream.get("PacketsExpected"))
    return None if lost is None or expected is None else lost_pct(lost, expected - lost)


def _mos(value: float | None) -> float | None:
    return value if value is not None and 1 <= value <= 5 else None


ADAPTER = Adapter("poly", ("bridge/poly/+/sessionStats",), stateless(read))

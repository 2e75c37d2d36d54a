"""BigBlueButton (docs/adapters.md): its webhooks, `bridge/bbb/<server>/webhook`.

A meeting begins and ends, people come and go: events, by internal ids. Passwords, telephone numbers, names, chats and
external ids (an organisation's own accounts) are never read. Source: bbb-webhooks, example/events/mapped-events.json.
"""

from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Report
from ingest.scalars import epoch_ms
from ingest.table import at, decoded
from ingest.telling import QUIET_S, Roll, happened
from ingest.topics import slug

_MEETING, _USER = "meeting.internal-meeting-id", "user.internal-user-id"
_EVENTS: Mapping[str, tuple[str, str, str, str, int]] = {  # what it is; where its id stands; what it counts
    "meeting-created": ("meeting", "start", _MEETING, "conferences_delta", 1),
    "meeting-ended": ("meeting", "end", _MEETING, "conferences_delta", -1),
    "user-joined": ("participant", "start", _USER, "participants_delta", 1),
    "user-left": ("participant", "end", _USER, "participants_delta", -1),
}
_MOST = 256  # events in one call of the webhook


def open_on(source: Source) -> Read:
    """Read as a server; remembers who was introduced."""
    roll = Roll(source)

    def read(message: Message) -> Parsed:
        name = message.topic.split("/")[2]
        body = decoded(message.payload)
        if isinstance(body, Rejected):
            return body
        if not slug(name) or not isinstance(body, dict | list):
            return Rejected("bad_shape", "a webhook carries an event, or a list of events")
        device = source.address("videoconference", name)
        told: list[Report] = []
        for one in (body if isinstance(body, list) else [body])[:_MOST]:
            told += _event(device, one, message)
        if not told:
            return Ignored("not_used")
        return [*roll.introduce(device, message.received_at, interval_s=QUIET_S), *told]

    return read


def _event(device: str, body: object, message: Message) -> list[Report]:
    known = _EVENTS.get(str(at(body, "data.id")))
    if known is None:
        return []
    what, phase, path, counted, change = known
    which, meeting = at(body, f"data.attributes.{path}"), at(body, f"data.attributes.{_MEETING}")
    if not isinstance(which, str) or not isinstance(meeting, str):
        return []
    return happened(device, message, what, phase, part=what, own=epoch_ms(at(body, "data.event.ts")), id=which,
                    data={counted: change, "meeting": meeting[:64]})  # fmt: skip


ADAPTER = Adapter("bbb", ("bridge/bbb/+/webhook",), open_on)

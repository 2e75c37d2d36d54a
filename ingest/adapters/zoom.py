"""Zoom Rooms (docs/adapters.md): the webhook's alerts, `bridge/zoom/<room>/webhook`.

The sentence of an alert does not change when it is over: `alert_kind` alone tells (1 raised, 2 cleared). Accounts,
calendars and addresses are not read. Source: Zoom's developer documentation, `zoomroom.alert`.
"""

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Status
from ingest.scalars import epoch_ms, number
from ingest.table import at, decoded
from ingest.telling import QUIET_S, Roll, happened, text
from ingest.topics import slug

_ALERT = "zoomroom.alert"
_PHASES = {1: "start", 2: "end"}


def open_on(source: Source) -> Read:
    """Read as a room; remembers who was introduced."""
    roll = Roll(source)

    def read(message: Message) -> Parsed:
        name = message.topic.split("/")[2]
        body = decoded(message.payload)
        if isinstance(body, Rejected):
            return body
        if not slug(name) or not isinstance(at(body, "event"), str):
            return Rejected("bad_shape", "a webhook names its `event`")
        if at(body, "event") != _ALERT:
            return Ignored("not_used")
        said = _alert(source.address("videoconference", name), at(body, "payload.object"), message,
                      epoch_ms(at(body, "event_ts")))  # fmt: skip
        if isinstance(said, list):
            return [*roll.introduce(said[0].device, message.received_at, interval_s=QUIET_S), *said]
        return said

    return read


def _alert(device: str, said: object, message: Message, own: int | None) -> Parsed:
    """An event for each alert; the one that says the room is offline is its status too."""
    phase, issue = _PHASES.get(int(number(at(said, "alert_kind")) or 0)), text(at(said, "issue"), 256)
    if phase is None:
        return Rejected("bad_value", "alert_kind is 1 or 2")
    kind = f"{number(at(said, 'alert_type'))}.{number(at(said, 'component'))}"
    offline = issue is not None and "offline" in issue.lower()
    data = {"issue": issue, **({"online": phase == "end"} if offline else {})}
    reports = happened(device, message, _ALERT, phase, part="alert", own=own, id=f"{_ALERT}/{kind}",
                       severity="major" if offline else "minor", data=data)  # fmt: skip
    if offline:
        state, ts = ("offline", own) if phase == "start" else ("online", own)
        reports.append(
            Status(device, message.received_at if ts is None else ts, state, stamped=ts is not None)
        )  # fmt: skip
    return reports


ADAPTER = Adapter("zoom", ("bridge/zoom/+/webhook",), open_on)

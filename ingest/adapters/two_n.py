"""2N's IP speakers and intercoms (docs/adapters.md): their log of events, `bridge/2n/<device>/event`.

A bridge of yours pulls the log (HTTP API, `/api/log/pull`) and publishes each event as it stands. Read are calls,
registration, tests and alarms; keys, cards, codes, plates, users and the other side of a call never are. Source: the
HTTP API manual for 2N IP devices, events. `utcTime` is seconds; `tzShift` only says how far the local clock is.
"""

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Report, Sample, Status
from ingest.scalars import epoch_ms
from ingest.table import at, decoded
from ingest.telling import QUIET_S, Roll, happened
from ingest.topics import slug

_ALARMS = {"TamperSwitchActivated": "tamper", "NoiseDetected": "noise", "MotionDetected": "motion"}
_CALLS = {"connected": ("start", True), "terminated": ("end", False)}
_PHASES = {"in": "start", "out": "end"}
_REGISTERED = {"registered": True, "unregistered": False}
_TESTED = {"passed": True, "failed": False}


def open_on(source: Source) -> Read:
    """Read as a device's log; remembers who was introduced."""
    roll = Roll(source)

    def read(message: Message) -> Parsed:
        name = message.topic.split("/")[2]
        body = decoded(message.payload)
        if isinstance(body, Rejected):
            return body
        if not slug(name) or not isinstance(at(body, "event"), str):
            return Rejected("bad_shape", "a message of the log names its `event`")
        device = source.address("loudspeaker", name)
        said = _said(device, body, message, epoch_ms(at(body, "utcTime"), 1000.0))
        if not said:
            return Ignored("not_used")
        return [*roll.introduce(device, message.received_at, interval_s=QUIET_S, maker="2N"), *said]

    return read


def _said(device: str, body: object, message: Message, own: int | None) -> list[Report]:
    what, state, number = str(at(body, "event")), str(at(body, "params.state")), str(at(body, "id"))
    if what == "CallStateChanged" and state in _CALLS:
        phase, speaking = _CALLS[state]
        return happened(device, message, "call", phase, part="call", own=own, id=number, state={"in_call": speaking},
                        data={key: _short(at(body, f"params.{key}")) for key in ("direction", "call")})  # fmt: skip
    if what == "AudioLoopTest":
        passed = _TESTED.get(str(at(body, "params.result")))
        phase, severity = ("start", "major") if passed is False else ("end", None)
        return happened(device, message, "speaker_test", phase, part="test", own=own, id="speaker_test",
                        severity=severity, state={"speaker_test_ok": passed})  # fmt: skip
    if what in _ALARMS and state in _PHASES:
        return happened(device, message, _ALARMS[what], _PHASES[state], part=what, own=own, id=_ALARMS[what])
    ts, stamped = (message.received_at, False) if own is None else (own, True)
    if what == "RegistrationStateChanged" and state in _REGISTERED:
        metrics = {"sip_registered": _REGISTERED[state]}
        return [Sample(device, ts, metrics, message.received_at, origin="registration", stamped=stamped)]
    if what == "DeviceState" and state == "startup":
        return [Status(device, ts, "online", stamped=stamped)]
    return []


def _short(raw: object) -> str | None:
    return raw[:32] if isinstance(raw, str) else None


ADAPTER = Adapter("2n", ("bridge/2n/+/event",), open_on)

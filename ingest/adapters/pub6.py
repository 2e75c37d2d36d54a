"""pub6, the IP broadcast protocol of SIP loudspeakers (docs/adapters.md), `pub6/broadcast/v2/…`.

Terminals report to `…/sys` and name themselves only in the body (`from`, their SIP account); what goes to `…/dev/` and
`…/group/` are orders. `data` is an object, or the same object as JSON text inside JSON. Volume is 0 to 31. Source:
the protocol's document, pub6.top/article/108. Addresses (`ip`, `mac`) are not read.
"""

import msgspec

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Report, Sample, Status
from ingest.scalars import epoch_ms, number
from ingest.table import MISSING, Metric, at, decoded, scaled
from ingest.telling import QUIET_S, Roll, happened, text
from ingest.topics import slug

_PREFIX = "pub6/broadcast/v2/"
_CENTRE = ("sys", "web")  # who speaks for the broadcasting system, not for a terminal
_VOLUME = Metric("volume_pct", "volume", 100 / 31)
_OFFLINE, _ONLINE, _FAULT, _MENDED, _BUSY = range(5)


def open_on(source: Source) -> Read:
    """Read as a broadcasting system; remembers which terminals were introduced."""
    roll = Roll(source)

    def read(message: Message) -> Parsed:
        if message.topic != f"{_PREFIX}sys":
            return Ignored("own_order")
        body = decoded(message.payload)
        if isinstance(body, Rejected):
            return body
        account = at(body, "from")
        if account in _CENTRE or at(body, "method") != "report":
            return Ignored("own_order")
        if not isinstance(account, str | int) or not slug(str(account)):
            return Rejected("bad_shape", "a report names its terminal in `from`")
        data = _data(at(body, "data"))
        device, own = source.address("loudspeaker", str(account)), epoch_ms(at(body, "ts"))
        match at(data, "act"):
            case "status":
                met = [] if device in roll else roll.introduce(device, message.received_at, interval_s=QUIET_S)
                return _with(met, _status(device, number(at(data, "value")), message, own))
            case "static_props":
                return _properties(device, at(data, "value"), message, own, roll)
        return Ignored("not_used")

    return read


def _data(raw: object) -> object:
    """The content, also where it is JSON text inside JSON."""
    if not isinstance(raw, str):
        return raw
    try:
        return msgspec.json.decode(raw, type=object)
    except (msgspec.DecodeError, RecursionError):
        return None


def _with(met: list[Report], rest: Parsed) -> Parsed:
    return [*met, *rest] if isinstance(rest, list) else rest


def _status(device: str, value: float | None, message: Message, own: int | None) -> Parsed:
    ts, stamped = (message.received_at, False) if own is None else (own, True)
    if value == _OFFLINE:
        return [Status(device, ts, "offline", stamped=stamped)]
    if value in (_ONLINE, _BUSY):
        busy = {"busy": value == _BUSY}
        sample = Sample(device, ts, busy, message.received_at, origin="status", stamped=stamped)
        return [Status(device, ts, "online", stamped=stamped), sample]
    if value in (_FAULT, _MENDED):
        fault = value == _FAULT
        phase, severity = ("start", "major") if fault else ("end", None)
        return happened(device, message, "fault", phase, part="status", own=own, id="fault", severity=severity,
                        state={"fault": fault})  # fmt: skip
    return Rejected("bad_value", "a status is 0, 1, 2, 3 or 4")


def _properties(device: str, said: object, message: Message, own: int | None, roll: Roll) -> Parsed:
    """What a terminal is, told when it starts."""
    if not isinstance(said, dict):
        return Rejected("bad_shape", "static_props carries an object")
    reports = roll.introduce(
        device, message.received_at, interval_s=QUIET_S, model=text(said.get("model")), fw=text(said.get("version"))
    )
    volume = at(said, _VOLUME.path)
    if volume is not MISSING:
        percent = scaled(volume, _VOLUME)
        metrics = {"volume_pct": round(percent, 1) if isinstance(percent, float) else percent}
        ts = message.received_at if own is None else own
        reports.append(Sample(device, ts, metrics, message.received_at, origin="static_props", stamped=own is not None))
    return reports or Ignored("not_used")


ADAPTER = Adapter("pub6", (f"{_PREFIX}#",), open_on)

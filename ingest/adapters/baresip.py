"""baresip's `mqtt` module (docs/adapters.md): a SIP client on a loudspeaker, `/<device>/event`.

Events carry no time, and the module sets no Will: an end is told by `EXIT` or noticed by silence. Of an account and a
peer nothing is read: they are identities. Sources: modules/mqtt/publish.c and src/bevent.c of baresip; the units of
`rtcp_stats` (microseconds; packets) stand in libre's rem_rtp.h. `/+/event` may be anybody's topic, so what is not in
baresip's form is left to other adapters.
"""

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Report, Sample, Status
from ingest.table import Metric, at, decoded, told
from ingest.telling import QUIET_S, Roll, happened
from ingest.topics import slug

_CALLS = {  # the phase, and whether the two hear each other
    "CALL_INCOMING": ("start", False), "CALL_OUTGOING": ("start", False), "CALL_RINGING": ("start", False),
    "CALL_PROGRESS": ("update", False), "CALL_ANSWERED": ("update", False), "CALL_ESTABLISHED": ("update", True),
    "CALL_CLOSED": ("end", False),
}  # fmt: skip
_REGISTERED = {"REGISTER_OK": True, "FALLBACK_OK": True, "REGISTER_FAIL": False, "UNREGISTERING": False,
               "UNREGISTER_OK": False}  # fmt: skip
_RTCP = (
    Metric("rtp_tx_packets_total", "tx.sent"), Metric("rtp_lost_packets_total", "tx.lost"),
    Metric("rtp_rx_packets_total", "rx.sent"), Metric("rtp_rx_lost_packets_total", "rx.lost"),
    Metric("jitter_ms", "rx.jit", 0.001), Metric("rtt_ms", "rtt", 0.001),
)  # fmt: skip
_ENDED = frozenset(("EXIT", "SHUTDOWN"))
_MOST = 8192


def open_on(source: Source) -> Read:
    """Read as a baresip; remembers who was introduced and who is up."""
    roll, up = Roll(source), dict[str, None]()

    def read(message: Message) -> Parsed:
        levels = message.topic.removeprefix("/").split("/")
        if levels[1] != "event":
            return Ignored("own_order")  # orders and the answers to them: `ok` even to unknown ones
        body = decoded(message.payload)
        kind = at(body, "type")
        if not isinstance(kind, str) or not isinstance(at(body, "class"), str) or not slug(levels[0]):
            return None
        device = source.address("loudspeaker", levels[0])
        reports = roll.introduce(device, message.received_at, interval_s=QUIET_S)
        if kind in _ENDED:
            up.pop(device, None)
            return [*reports, Status(device, message.received_at, "offline", reason="clean")]
        if device not in up:
            up[device] = None
            reports.append(Status(device, message.received_at, "online"))
            if len(up) > _MOST:
                del up[next(iter(up))]
        said = _said(device, kind, body, message)
        return [*reports, *said] if reports or said else Ignored("not_used")

    return read


def _said(device: str, kind: str, body: object, message: Message) -> list[Report]:
    if kind in _CALLS:
        phase, speaking = _CALLS[kind]
        call, direction = at(body, "id"), at(body, "direction")
        data = {"stage": kind.removeprefix("CALL_").lower()}
        if direction in ("incoming", "outgoing"):
            data["direction"] = str(direction)
        return happened(device, message, "call", phase, part="call", id=call[:64] if isinstance(call, str) else "",
                        state={"in_call": speaking}, data=data)  # fmt: skip
    metrics = None
    if kind == "CALL_RTCP" and at(body, "param") == "audio":
        metrics = told(_RTCP, at(body, "rtcp_stats"))
    elif kind in _REGISTERED:
        metrics = {"sip_registered": _REGISTERED[kind]}
    if not metrics:
        return []
    part = "rtcp/audio" if kind == "CALL_RTCP" else "register"
    return [Sample(device, message.received_at, metrics, message.received_at, origin=part, stamped=False)]


ADAPTER = Adapter("baresip", ("/+/event", "/+/command/+", "/+/command_resp/+"), open_on, rank=1)

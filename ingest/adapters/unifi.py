"""UniFi access points through unifi2mqtt (docs/adapters.md): `unifi/connected`, `unifi/status/<item>`.

The bridge speaks for the controller, and the controller for its access points: both name it as their gateway. Values
come as `{"val": …, "ts": ms}` or plain, and only when they change. Topics of clients carry people's names and MACs
and are never read. `unifi/protect/` is other equipment. Source: unifi2mqtt's README, versions 1 and 2.
"""

from collections.abc import Sequence

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected, Report, Sample, Status, Value
from ingest.scalars import epoch_ms, number, truth
from ingest.table import at, decoded
from ingest.telling import WILLED_S, Roll
from ingest.topics import slug
from ingest.units import own_name

_PREFIX = "unifi/"
_MOST_NETWORKS = 64
_CONNECTED = {0: ("offline", "lwt"), 1: ("degraded", "controller_lost"), 2: ("online", None)}


def open_on(source: Source) -> Read:
    """Begin to listen; remembers the clients of each network, for their sum."""
    roll, networks = Roll(source), dict[str, int]()
    controller = source.address("wifi", "unifi")

    def read(message: Message) -> Parsed:
        levels = message.topic.removeprefix(_PREFIX).split("/")
        if levels[0] == "protect":
            return None
        if levels == ["connected"]:
            return _connected(controller, message)
        if levels[0] == "status" and len(levels) > 1 and levels[1] in ("client", "event"):
            return Ignored("private")
        if levels[0] in ("set", "maintenance"):
            return Ignored("own_order")
        match levels:
            case ["status", "wifi", network, "clientCount" | "client_count"] if slug(network):
                return _of_network(network, controller, networks, roll, message)
            case ["status", "client_count", "wireless"]:
                return _told(controller, "clients", None, roll, message)
            case ["status", "device", name, "online" | "clients" | "details" as item] if slug(name):
                return _of_point(source.address("wifi", name), item, controller, roll, message)
        return Ignored("not_used")

    return read


def _connected(controller: str, message: Message) -> Parsed:
    body = decoded(message.payload)
    word = number(at(body, "val") if isinstance(body, dict) else body)
    if word not in _CONNECTED:
        return body if isinstance(body, Rejected) else Rejected("bad_value", "connected is 0, 1 or 2")
    state, reason = _CONNECTED[int(word)]
    return [Status(controller, message.received_at, state, reason=reason, will=state == "offline")]


def _value(message: Message) -> tuple[object, int, bool] | Rejected:
    """The value, its time and whether the controller gave it."""
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    if not isinstance(body, dict) or "val" not in body:
        return body, message.received_at, False
    ts = epoch_ms(body.get("ts"))
    return body["val"], message.received_at if ts is None else ts, ts is not None


def _told(device: str, metric: str, gateway: str | None, roll: Roll, message: Message) -> Parsed:
    said = _value(message)
    if isinstance(said, Rejected):
        return said
    raw, ts, stamped = said
    origin = message.topic.removeprefix(_PREFIX)[:120]
    sample = Sample(device, ts, {metric: number(raw)}, message.received_at, origin=origin, stamped=stamped)
    return [*roll.introduce(device, ts, interval_s=WILLED_S, gateway=gateway), sample]


def _of_network(network: str, controller: str, networks: dict[str, int], roll: Roll, message: Message) -> Parsed:
    """The clients of one network, and with those of the others the controller's."""
    told = _told(controller, "clients", None, roll, message)
    if not isinstance(told, list):
        return told
    *births, sample = told
    count = sample.metrics["clients"]
    networks.pop(network, None)
    if isinstance(count, int) and len(networks) < _MOST_NETWORKS:
        networks[network] = count
    metrics: dict[str, Value] = {f"{own_name(slug(network))[:31]}.clients": count}
    metrics["clients"] = sum(networks.values()) if count is not None else None
    return [*births, Sample(controller, sample.ts, metrics, message.received_at,
                            origin=sample.origin, stamped=sample.stamped)]  # fmt: skip


def _of_point(device: str, item: str, controller: str, roll: Roll, message: Message) -> Parsed:
    if item == "clients":
        return _told(device, "clients", controller, roll, message)
    said = _value(message)
    if isinstance(said, Rejected):
        return said
    raw, ts, stamped = said
    if item == "details":
        if not isinstance(raw, dict):
            return Rejected("bad_shape", "details are an object")
        name, model, fw = (str(raw[key])[:256] if raw.get(key) else None for key in ("name", "model", "version"))
        return roll.introduce(device, ts, interval_s=WILLED_S, gateway=controller, name=name, maker="Ubiquiti",
                              model=model, fw=fw) or Ignored("not_used")  # fmt: skip
    online = truth(raw)
    if online is None:
        return Rejected("bad_value", f"online is {str(raw)[:40]!r}")
    births: Sequence[Report] = roll.introduce(device, ts, interval_s=WILLED_S, gateway=controller)
    state, reason = ("online", None) if online else ("offline", "controller")
    return [*births, Status(device, ts, state, reason=reason, stamped=stamped)]


ADAPTER = Adapter("unifi", (f"{_PREFIX}#",), open_on)

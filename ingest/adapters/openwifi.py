"""TIP OpenWiFi access points (docs/adapters.md): uCentral messages, handed on to `bridge/openwifi/<serial>/<what>`.

At its source the protocol is JSON-RPC over a WebSocket, or Kafka behind the gateway; the bridge to MQTT is the site's
own. `state`, `healthcheck` and `connect` are read, bare or in their `params`. Of associations only the number is
read: their MACs are people's. Source: wlan-ucentral-schema (state), wlan-cloud-ucentralgw's PROTOCOL.md.
"""

from collections.abc import Iterable, Mapping, Sequence

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Birth, Ignored, Message, Rejected, Sample, Status, Value
from ingest.scalars import epoch_ms, number
from ingest.table import MISSING, Metric, at, decoded, told
from ingest.telling import paced, text
from ingest.topics import slug

_PREFIX = "bridge/openwifi/"
_MOST_PARTS = 32
_UNIT = (
    Metric("uptime_s", "unit.uptime"), Metric("load1", "unit.load.0"), Metric("load5", "unit.load.1"),
    Metric("load15", "unit.load.2"), Metric("mem_total_bytes", "unit.memory.total"),
    Metric("mem_free_bytes", "unit.memory.free"),
)  # fmt: skip


def read(message: Message, source: Source) -> Parsed:
    """Translate one message of an access point."""
    levels = message.topic.removeprefix(_PREFIX).split("/")
    if len(levels) != 2 or not slug(levels[0]):
        return Rejected("bad_topic", "OpenWiFi's topics are bridge/openwifi/<serial>/<what>")
    if levels[1] not in ("state", "healthcheck", "connect"):
        return Ignored("not_used")
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    said = params if isinstance(params := at(body, "params"), dict) else body
    device = source.address("wifi", levels[0])
    match levels[1]:
        case "healthcheck":
            health = told((Metric("health_pct", "sanity"),), said)
            return _sample(device, health, None, "healthcheck", message)
        case "connect":
            birth = Birth(device, message.received_at, maker="OpenWiFi", fw=text(at(said, "firmware")))
            return [birth, Status(device, message.received_at, "online")]
    state = at(said, "state")
    metrics = {**told(_UNIT, state), **_radios(state), **_traffic(_parts(at(state, "interfaces")))}
    return _sample(device, metrics, epoch_ms(at(state, "unit.localtime"), 1000.0), "state", message)


def _sample(device: str, metrics: Mapping[str, Value], own: int | None, origin: str, message: Message) -> Parsed:
    if not metrics:
        return Rejected("bad_shape", f"none of the values of a {origin}")
    ts = message.received_at if own is None else own
    return [Sample(device, ts, metrics, message.received_at, origin=origin, stamped=own is not None)]


def _parts(raw: object) -> Sequence[object]:
    return raw[:_MOST_PARTS] if isinstance(raw, list) else ()


def _known(values: Iterable[object]) -> list[float]:
    return [value for value in map(number, values) if value is not None]


def _radios(state: object) -> Mapping[str, Value]:
    """The worst of the radios: the busiest channel, the loudest noise, the hottest part."""
    radios = _parts(at(state, "radios"))
    found: dict[str, Value] = {}
    busy = [(number(at(radio, "busy_ms")), number(at(radio, "active_ms"))) for radio in radios]
    shares = [100 * b / a for b, a in busy if a and b is not None and 0 <= b <= a]
    noises = _known(at(radio, "noise") for radio in radios)
    own = at(state, "unit.temperature")
    heats = _known([*(at(radio, "temperature") for radio in radios), *(own if isinstance(own, list) else [own])])
    for name, values in (("channel_util_pct", shares), ("noise_dbm", noises), ("temperature_c", heats)):
        if values:
            found[name] = round(max(values), 2)
    return found


def _traffic(interfaces: Sequence[object]) -> Mapping[str, Value]:
    """The clients of all networks, and the upstream's octets: downstream's are the same once more.

    Where interfaces count none, the networks do.
    """
    networks = [network for interface in interfaces for network in _parts(at(interface, "ssids"))]
    lists = [clients for network in networks if isinstance(clients := at(network, "associations"), list)]
    found: dict[str, Value] = {"clients": sum(map(len, lists))} if networks else {}
    upstream = [i for i in interfaces if str(at(i, "name")).startswith("up")] or interfaces
    for name, path in (("rx_bytes_total", "counters.rx_bytes"), ("tx_bytes_total", "counters.tx_bytes")):
        counts = _present(upstream, path) or _present(networks, path)
        known = _known(counts)
        if counts:
            found[name] = sum(known) if len(known) == len(counts) else None
    return found


def _present(parts: Sequence[object], path: str) -> Sequence[object]:
    return [raw for part in parts if (raw := at(part, path)) is not MISSING]


ADAPTER = Adapter("openwifi", (f"{_PREFIX}#",), paced(stateless(read), 120))

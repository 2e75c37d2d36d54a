"""OpenWISP's device monitoring (docs/adapters.md): NetJSON, handed on to `bridge/openwisp/<mac>/monitoring`.

An access point posts it over HTTP; the bridge that hands it on is the site's own, hence the topic. Of the clients
only their number is read: their MACs are people's. Source: netjson.org and openwisp-monitoring's collected data.
"""

from collections.abc import Mapping, Sequence

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Rejected, Sample, Value
from ingest.scalars import epoch_ms
from ingest.table import Metric, at, decoded, told
from ingest.telling import paced
from ingest.topics import slug
from ingest.units import own_name

_PREFIX = "bridge/openwisp/"
_MOST_INTERFACES = 16
_DEVICE = (
    Metric("uptime_s", "general.uptime"), Metric("mem_free_bytes", "resources.memory.free"),
    Metric("mem_total_bytes", "resources.memory.total"), Metric("load1", "resources.load.0"),
    Metric("load5", "resources.load.1"), Metric("load15", "resources.load.2"),
    Metric("storage_used_pct", "resources.disk.0.used_percent"),
)  # fmt: skip
_INTERFACE = (
    Metric("signal_dbm", "wireless.signal"), Metric("noise_dbm", "wireless.noise"),
    Metric("rx_bytes_total", "statistics.rx_bytes"), Metric("tx_bytes_total", "statistics.tx_bytes"),
)  # fmt: skip


def read(message: Message, source: Source) -> Parsed:
    """Translate one report of an access point."""
    levels = message.topic.removeprefix(_PREFIX).split("/")
    if len(levels) != 2 or not slug(levels[0]):
        return Rejected("bad_topic", "OpenWISP's topics are bridge/openwisp/<device>/monitoring")
    if levels[1] != "monitoring":
        return Ignored("not_used")
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    metrics: dict[str, Value] = {**told(_DEVICE, body), **_radios(at(body, "interfaces"))}
    if not metrics:
        return Rejected("bad_shape", "none of general, resources, interfaces")
    own = epoch_ms(at(body, "general.local_time"), 1000.0)
    ts = message.received_at if own is None else own
    return [Sample(source.address("wifi", levels[0]), ts, metrics, message.received_at,
                   origin="monitoring", stamped=own is not None)]  # fmt: skip


def _radios(raw: object) -> Mapping[str, Value]:
    """The wireless interfaces, each under its own name, and the clients of all together."""
    interfaces: Sequence[object] = raw if isinstance(raw, list) else ()
    found: dict[str, Value] = {}
    counts: list[int] = []
    for interface in interfaces[:_MOST_INTERFACES]:
        name, clients = at(interface, "name"), at(interface, "wireless.clients")
        if not isinstance(name, str) or not slug(name) or not isinstance(at(interface, "wireless"), dict):
            continue
        part = own_name(name)[:31]
        if isinstance(clients, list | dict):
            counts.append(len(clients))
            found[f"{part}.clients"] = len(clients)
        found |= {f"{part}.{metric}": value for metric, value in told(_INTERFACE, interface).items()}
    return {"clients": sum(counts), **found} if counts else found


ADAPTER = Adapter("openwisp", (f"{_PREFIX}#",), paced(stateless(read), 300))

"""collectd's MQTT plugin (docs/adapters.md): `collectd/<host>/<plugin>[-<instance>]/<type>[-<instance>]`.

A payload is `time:value[:value…]`, seconds since 1970, ended by a NUL; `nan` is unknown. A newer collectd's JSON form,
a list of value lists that name their host and plugin themselves, says the same. The table gives what the
district asks of an access point; anything else keeps its own name, so that nothing is lost. Octets come as a rate
(bytes a second) or as a counter by collectd's `StoreRates`; the source's option `store_rates = "false"` says counter.
"""

from collections.abc import Mapping, Sequence

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Metrics, Rejected, Sample
from ingest.scalars import epoch_ms, number
from ingest.table import decoded
from ingest.telling import paced
from ingest.topics import slug

_PREFIXES = ("collectd/", "/collectd/")
_MOST_LISTS = 500
_NAMES: Mapping[tuple[str, str], Sequence[str]] = {
    # (plugin, type with its instance): the metric of each value
    ("iwinfo", "stations"): ("clients",),
    ("iwinfo", "signal_power"): ("signal_dbm",),
    ("iwinfo", "signal_noise"): ("noise_dbm",),
    ("iwinfo", "bitrate"): ("phy_rate_bps",),
    ("dhcpleases", "count"): ("dhcp_leases",),
    ("load", "load"): ("load1", "load5", "load15"),
    ("uptime", "uptime"): ("uptime_s",),
    ("memory", "memory-free"): ("mem_free_bytes",),
    ("memory", "memory-used"): ("mem_used_bytes",),
    ("ping", "ping"): ("rtt_ms",),
    ("ping", "ping_droprate"): ("loss_pct",),
    ("interface", "if_octets"): ("rx_bps", "tx_bps"),
}
_SCALE = {"loss_pct": 100.0, "rx_bps": 8.0, "tx_bps": 8.0}  # a fraction; bytes
_COUNTERS = {"rx_bps": "rx_bytes_total", "tx_bps": "tx_bytes_total"}


def read(message: Message, source: Source) -> Parsed:
    """Translate one message of a collectd."""
    prefix = next((p for p in _PREFIXES if message.topic.startswith(p)), "")
    levels = message.topic.removeprefix(prefix).split("/")
    if len(levels) != 3 or not slug(levels[0]):
        return Rejected("bad_topic", "collectd's topics are <prefix>/<host>/<plugin>/<type>")
    host, plugin, kind = levels
    if plugin == "interface-lo":
        return Ignored("loopback")
    if message.payload[:1] in (b"[", b"{"):
        return _json(host, message, source)
    try:
        stamp, *raw = message.payload.rstrip(b"\0\n").decode("ascii").split(":")
    except UnicodeDecodeError:
        return Rejected("not_text", "a collectd line is ASCII")
    ts = epoch_ms(stamp, 1000.0)
    if ts is None or not raw or len(raw) > 32:
        return Rejected("bad_shape", "a collectd line is time:value[:value…]")
    return [_sample(host, plugin, kind, ts, raw, message, source)]


def _json(host: str, message: Message, source: Source) -> Parsed:
    """The JSON form: several value lists at once, each with its own host, plugin, type and time."""
    body = decoded(message.payload)
    if isinstance(body, Rejected):
        return body
    lists = body if isinstance(body, list) else [body]
    samples = [
        _sample(
            _word(part, "host") or host, _joined(part, "plugin"), _joined(part, "type"), ts, values, message, source
        )
        for part in lists[:_MOST_LISTS]
        if isinstance(part, dict) and isinstance(values := part.get("values"), list) and 0 < len(values) <= 32
        if (ts := epoch_ms(part.get("time"), 1000.0)) is not None and _word(part, "plugin") and _word(part, "type")
        if _joined(part, "plugin") != "interface-lo"
    ]
    return samples or Rejected("bad_shape", "a value list has host, plugin, type, time and values")


def _word(part: Mapping[str, object], key: str) -> str:
    word = part.get(key)
    return word if isinstance(word, str) and slug(word) else ""


def _joined(part: Mapping[str, object], key: str) -> str:
    """`plugin` and `plugin_instance` as the topic writes them."""
    return "-".join(filter(None, (_word(part, key), _word(part, f"{key}_instance"))))


def _sample(
    host: str, plugin: str, kind: str, ts: int, raw: Sequence[object], message: Message, source: Source
) -> Sample:
    metrics = _metrics(plugin, kind, raw, counters=source.options.get("store_rates") == "false")
    device = source.address("wifi", host)
    return Sample(device, ts, metrics, message.received_at, origin=f"{plugin}/{kind}"[:120])


def _metrics(plugin: str, kind: str, raw: Sequence[object], *, counters: bool) -> Metrics:
    bare_plugin, bare_kind = plugin.split("-", 1)[0], kind.split("-", 1)[0]
    names = _NAMES.get((bare_plugin, kind)) or _NAMES.get((bare_plugin, bare_kind))
    if names is None or len(names) != len(raw):
        return _by_own_name(plugin, kind, raw)
    found: dict[str, float | None] = {}
    for name, text in zip(names, raw, strict=True):
        value = number(text)
        if counters and name in _COUNTERS:
            found[_COUNTERS[name]] = value
        else:
            value = None if value is None else number(value * _SCALE.get(name, 1))
            found[name] = None if value is not None and name.endswith("_pct") and not 0 <= value <= 100 else value
    return found


def _by_own_name(plugin: str, kind: str, raw: Sequence[object]) -> Metrics:
    """`cpu-0/cpu-idle` becomes `cpu_0_cpu_idle`; several values are numbered."""
    base = slug(f"{plugin}-{kind}").replace("-", "_") or "value"
    base = base if base[0].isalpha() else f"x{base}"
    if len(raw) == 1:
        return {base: number(raw[0])}
    return {f"{base[:60]}_{i}": number(text) for i, text in enumerate(raw)}


ADAPTER = Adapter("collectd", tuple(f"{prefix}#" for prefix in _PREFIXES), paced(stateless(read)))

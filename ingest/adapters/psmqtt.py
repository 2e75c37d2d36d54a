"""psmqtt, which reports a machine's load (docs/adapters.md): `psmqtt/<host>/<task>[/<parameter>[/<part>…]]`.

For recorders and servers: a bare number to a topic, or several in JSON (`<task>/*;`). A `/` within a part is written
`|`. Processes and logged-in users are people's and are not read. Source: psmqtt's usage document.
"""

from collections.abc import Mapping, Sequence

from ingest.adapter import Adapter, Parsed, Source, stateless
from ingest.model import Ignored, Message, Rejected, Sample, Status, Value
from ingest.scalars import number, truth
from ingest.table import decoded
from ingest.telling import paced
from ingest.topics import slug
from ingest.units import Unit, own_name, unit_of

_PREFIX = "psmqtt/"
_PLAIN, _PERCENT = Unit(), unit_of("%")
_NAMES: Mapping[str, tuple[str, Unit]] = {
    "cpu_percent": ("cpu_pct", _PERCENT), "virtual_memory/percent": ("mem_used_pct", _PERCENT),
    "virtual_memory/free": ("mem_free_bytes", _PLAIN), "virtual_memory/total": ("mem_total_bytes", _PLAIN),
    "swap_memory/percent": ("swap_used_pct", _PERCENT), "disk_usage/percent": ("disk_used_pct", _PERCENT),
    "disk_usage/free": ("disk_free_bytes", _PLAIN), "net_io_counters/bytes_recv": ("rx_bytes_total", _PLAIN),
    "net_io_counters/bytes_sent": ("tx_bytes_total", _PLAIN), "uptime": ("uptime_s", _PLAIN),
    "sensors_battery/percent": ("battery_pct", _PERCENT), "sensors_temperatures": ("temperature_c", _PLAIN),
}  # fmt: skip
_STATES = {"online": ("online", None), "offline": ("offline", "lwt")}
_PRIVATE = frozenset(("processes", "users"))


def read(message: Message, source: Source) -> Parsed:
    """Translate one message of a psmqtt."""
    host, *rest = message.topic.removeprefix(_PREFIX).split("/")
    if not slug(host) or not rest:
        return Rejected("bad_topic", "psmqtt's topics are psmqtt/<host>/<task>")
    device, task = source.address("gateway", host), rest[0]
    if task in _PRIVATE:
        return Ignored("private")
    if task in ("error", "request"):
        return Ignored("not_used" if task == "error" else "own_order")
    text = decoded(message.payload, "text")
    if isinstance(text, Rejected):
        return text
    if task == "psmqtt_status":
        if text not in _STATES:
            return Rejected("bad_value", f"psmqtt_status is {str(text)[:40]!r}")
        state, reason = _STATES[str(text)]
        return [Status(device, message.received_at, state, reason=reason, will=state == "offline")]
    body = decoded(message.payload) if str(text).startswith("{") else text
    if isinstance(body, Rejected):
        return body
    metrics = _metrics(rest, body)
    if not metrics:
        return Ignored("not_used")  # a text
    return [
        Sample(device, message.received_at, metrics, message.received_at, origin="/".join(rest)[:120], stamped=False)
    ]


def _metrics(rest: Sequence[str], body: object) -> dict[str, Value]:
    """One value, or each of an object's under its key in the place of the parameter's `*`."""
    if not isinstance(body, dict):
        return dict([_named(rest, body)]) if truth(body) is not None or _counted(body) else {}
    keys = [key for key, value in body.items() if isinstance(value, int | float | None)]
    return dict(_named([rest[0], key, *rest[2:]], body[key]) for key in keys[:128])


def _counted(body: object) -> bool:
    return number(body) is not None or str(body).lower() in ("", "nan", "none", "null")


def _named(rest: Sequence[str], raw: object) -> tuple[str, Value]:
    task, parameter = rest[0], rest[1] if len(rest) > 1 else ""
    known = _NAMES.get(f"{task}/{parameter}")
    name, unit, where = (*known, rest[2:]) if known else (*_NAMES.get(task, ("", _PLAIN)), rest[1:])
    if not name:
        name, where = own_name(slug(f"{task}-{parameter}"))[:31], rest[2:]
    part = own_name(slug("-".join(where)))[:31]
    value = unit.value(raw)
    return (f"{part}.{name}" if part else name), truth(raw) if value is None else value


ADAPTER = Adapter("psmqtt", (f"{_PREFIX}#",), paced(stateless(read)))

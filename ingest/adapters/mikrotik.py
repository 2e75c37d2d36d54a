"""MikroTik routers through a RouterOS script (docs/adapters.md): `node/<identity>/<what>`, one bare value each.

RouterOS's `/iot mqtt publish` sends what a script gives it: a number, a duration (`2w3d04:05:06`), a size (`61.5MiB`).
Other values under `node/` are left to other adapters. Source: MikroTik's MQTT page and the scripts shared in its forum.
"""

import re

from ingest.adapter import Adapter
from ingest.model import Value
from ingest.scalars import number
from ingest.table import Metric, Row, by_table, filters
from ingest.telling import paced
from ingest.units import unit_of

_DURATION = re.compile(
    r"(?:(\d{1,6})w)?(?:(\d{1,6})d)?"
    r"(?:(\d{1,6}):(\d\d):(\d\d)|(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?)"
)
_SECONDS = (604800, 86400, 3600, 60, 1, 3600, 60, 1)
_SIZE = re.compile(r"(?P<number>[0-9.]+)\s*(?P<unit>[KMGT]?i?B)")


def _seconds(raw: object) -> Value:
    """A RouterOS duration, or seconds."""
    found = _DURATION.fullmatch(raw) if isinstance(raw, str) and raw else None
    if found is None:
        return number(raw)
    return sum(int(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part)


def _bytes(raw: object) -> Value:
    """A size with its unit, or bytes."""
    found = _SIZE.fullmatch(raw) if isinstance(raw, str) else None
    return number(raw) if found is None else unit_of(found["unit"]).value(found["number"])


def _percent(raw: object) -> Value:
    return number(raw.removesuffix("%")) if isinstance(raw, str) else number(raw)


_WHAT = {
    "wifi-clients": Metric("clients"), "dhcp-leases": Metric("dhcp_leases"), "signal": Metric("signal_dbm"),
    "system/uptime": Metric("uptime_s", convert=_seconds), "system/cpu-load": Metric("cpu_pct", convert=_percent),
    "system/free-memory": Metric("mem_free_bytes", convert=_bytes), "system/voltage": Metric("supply_v"),
    "system/total-memory": Metric("mem_total_bytes", convert=_bytes), "system/temperature": Metric("temperature_c"),
    "system/free-hdd-space": Metric("storage_free_bytes", convert=_bytes),
}  # fmt: skip
_ROWS = tuple(
    Row(f"node/{{device}}/{what}", family="wifi", metrics=(metric,), body="text", origin=what)
    for what, metric in _WHAT.items()
)

ADAPTER = Adapter("mikrotik", filters(_ROWS), paced(by_table(_ROWS)))

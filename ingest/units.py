"""Names and units of equipment that describes itself: a symbol and a name of theirs become a metric of ours.

The wire's units stand in its names (rule 1), so `Temperature` in `°F` is `temperature_c`, converted. For adapters whose
messages bring names and symbols of their own (SenML, Homie, Home Assistant's discovery …); what is known beforehand
belongs in a table (`ingest.table`). Symbols: RFC 8428 and RFC 8798 (SenML), the Homie convention, Home Assistant. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from ingest.adapter import Source
from ingest.model import Value
from ingest.privacy import without_private
from ingest.scalars import number
from ingest.topics import slug

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
_UNKNOWN_WORDS = frozenset(("", "null", "none", "nan", "unknown", "unavailable"))


@dataclass(frozen=True, slots=True)
class Unit:
    """How a symbol's values become ours: `value * scale + offset`, under a name that ends in `_<suffix>`."""

    suffix: str = ""
    scale: float = 1.0
    offset: float = 0.0

    def name(self, base: str) -> str:
        """The metric's name; one that tells its unit already keeps it."""
        wanted = f"_{self.suffix}"
        full = base if not self.suffix or base.endswith(wanted) else base[: 63 - len(wanted)] + wanted
        return _CANONICAL.get(full, full)

    def value(self, raw: object) -> float | int | None:
        """The number in our unit; a percentage outside 0–100 is unknown."""
        value = number(raw)
        if value is not None and (self.scale != 1 or self.offset):
            value = number(round(value * self.scale + self.offset, 9))
        return None if value is not None and self.suffix == "pct" and not 0 <= value <= 100 else value


PLAIN = Unit()
_UNITS: Mapping[str, Unit] = {
    "%": Unit("pct"), "%RH": Unit("pct"), "%EL": Unit("pct"), "/100": Unit("pct"), "/": Unit("pct", 100),
    "ms": Unit("ms"), "us": Unit("ms", 0.001), "µs": Unit("ms", 0.001), "μs": Unit("ms", 0.001),
    "s": Unit("s"), "min": Unit("s", 60), "h": Unit("s", 3600), "d": Unit("s", 86400), "EL": Unit("s"),
    "dBm": Unit("dbm"), "dBW": Unit("dbm", 1, 30), "dB": Unit("db"), "dBA": Unit("db"), "Bspl": Unit("db", 10),
    "bit/s": Unit("bps"), "kbit/s": Unit("bps", 1e3), "Mbit/s": Unit("bps", 1e6), "Gbit/s": Unit("bps", 1e9),
    "B/s": Unit("bps", 8), "kB/s": Unit("bps", 8e3), "MB/s": Unit("bps", 8e6), "GB/s": Unit("bps", 8e9),
    "KiB/s": Unit("bps", 8 * 2**10), "MiB/s": Unit("bps", 8 * 2**20), "GiB/s": Unit("bps", 8 * 2**30),
    "B": Unit("bytes"), "kB": Unit("bytes", 1e3), "MB": Unit("bytes", 1e6), "GB": Unit("bytes", 1e9),
    "TB": Unit("bytes", 1e12), "KiB": Unit("bytes", 2**10), "MiB": Unit("bytes", 2**20), "GiB": Unit("bytes", 2**30),
    "TiB": Unit("bytes", 2**40),
    "°C": Unit("c"), "ºC": Unit("c"), "℃": Unit("c"), "Cel": Unit("c"), "°F": Unit("c", 5 / 9, -160 / 9),
    "V": Unit("v"), "mV": Unit("v", 0.001), "kV": Unit("v", 1000), "A": Unit("a"), "mA": Unit("a", 0.001),
    "lx": Unit("lux"), "lux": Unit("lux"),
    # beyond the wire's own: the symbol in small letters
    "W": Unit("w"), "kW": Unit("w", 1000), "Wh": Unit("wh"), "kWh": Unit("kwh"), "VA": Unit("va"), "Hz": Unit("hz"),
    "Pa": Unit("pa"), "hPa": Unit("hpa"), "kPa": Unit("kpa"), "m": Unit("m"), "cm": Unit("cm"), "mm": Unit("mm"),
    "m/s": Unit("m_s"), "mm/h": Unit("mm_h"), "ppm": Unit("ppm"), "ug/m3": Unit("ug_m3"), "µg/m³": Unit("ug_m3"),
}  # fmt: skip
_MEASURES = tuple(f"_{unit}" for unit in ("pct", "ms", "s", "dbm", "bps", "bytes", "c", "v", "a", "db", "lux", "total"))
_CANONICAL = {  # names in use, as other equipment writes them
    "rssi_dbm": "signal_dbm", "signal_strength_dbm": "signal_dbm", "wifi_signal_dbm": "signal_dbm",
    "illuminance_lux": "light_lux", "brightness_lux": "light_lux", "mains_voltage_v": "mains_v",
    "battery_level_pct": "battery_pct",
}  # fmt: skip


def unit_of(symbol: object) -> Unit:
    """The unit of a symbol; one that is not known changes nothing."""
    return _UNITS.get(symbol.strip(), PLAIN) if isinstance(symbol, str) else PLAIN


def own_name(text: str) -> str:
    """A foreign name as a metric's: kept where it may stand as it is, else as small letters, digits and `_`."""
    if _NAME.fullmatch(text):
        return text
    name = slug(text).replace("-", "_")
    return name if not name or name[0].isalpha() else f"x{name}"[:63]


def chosen_name(source: Source, text: str) -> str:
    """The name that the option `name.<their name>` gives to a value, or its own; empty where nothing is left."""
    return own_name(source.options.get(f"name.{text}", text))


def own_value(raw: object) -> Value:
    """A value of which nothing is known beforehand: numbers and yes and no also from text; other text as it is."""
    if isinstance(raw, str):
        word = raw.strip()
        if word.lower() in ("true", "false"):
            return word.lower() == "true"
        if word.lower() in _UNKNOWN_WORDS:
            return None
        value = number(word)
        return word.replace("\0", "")[:256] if value is None else value
    return raw if isinstance(raw, bool) else number(raw)


def own_metrics(source: Source, said: Mapping[str, object], limit: int = 128) -> dict[str, Value]:
    """All plain values of an object under the names of the equipment; what is nested or private is left out."""
    flat = {key: raw for key, raw in said.items() if not isinstance(raw, dict | list)}
    named = ((chosen_name(source, key), raw) for key, raw in without_private(flat).items())
    return {name: _fit(name, own_value(raw)) for name, raw in islice(((n, r) for n, r in named if n), limit)}


def _fit(name: str, value: Value) -> Value:
    """A name with a unit holds numbers alone, a percentage those from 0 to 100; else it is unknown."""
    if not name.endswith(_MEASURES):
        return value
    if isinstance(value, bool | str) or (name.endswith("_pct") and value is not None and not 0 <= value <= 100):
        return None
    return value

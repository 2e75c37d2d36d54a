"""Tasmota devices (docs/adapters.md): `tele/<topic>/STATE|SENSOR|LWT|INFO1`, `stat/<topic>/POWER…|RESULT`.

Times are local unless they name an offset (option `time_zone`). `RSSI` is a percentage and `Signal` the dBm. Networks'
names and access points' MACs are not read. Source: tasmota.github.io, MQTT and Commands.
"""

from collections.abc import Iterator, Mapping
from datetime import tzinfo

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Birth, Ignored, Message, Rejected, Sample, Status, Value
from ingest.scalars import moment_ms, truth
from ingest.table import MISSING, Metric, at, decoded, told, zone_of
from ingest.telling import paced, text
from ingest.topics import slug
from ingest.units import own_name, unit_of

_STATE = (
    Metric("uptime_s", "UptimeSec"), Metric("signal_dbm", "Wifi.Signal"), Metric("signal_pct", "Wifi.RSSI"),
    Metric("mqtt_reconnects", "MqttCount"), Metric("supply_v", "Vcc"),
)  # fmt: skip
_SENSORS = (
    Metric("humidity_pct", "Humidity"), Metric("light_lux", "Illuminance"), Metric("mains_v", "Voltage"),
    Metric("current_a", "Current"), Metric("power_w", "Power"), Metric("energy_kwh_total", "Total"),
    Metric("pressure_hpa", "Pressure"), Metric("co2_ppm", "CarbonDioxide"), Metric("distance_cm", "Distance"),
)  # fmt: skip
_MOST_SENSORS = 32
_WORDS = {"online": ("online", None), "offline": ("offline", "lwt")}


def open_on(source: Source) -> Read:
    """Begin to listen, with the zone of times that name none."""
    zone = zone_of(source)

    def read(message: Message) -> Parsed:
        prefix, _, rest = message.topic.partition("/")
        name, _, what = rest.rpartition("/")
        if not slug(name):
            return Rejected("bad_topic", "Tasmota's topics are tele/<device>/<what> and stat/<device>/<what>")
        device = source.address("wifi", name)
        word = decoded(message.payload, "text")
        if isinstance(word, Rejected):
            return word
        if what == "LWT":
            return _will(device, str(word), message)
        if prefix == "stat" and what.startswith("POWER"):
            return _sample(device, {_power(what): truth(word)}, None, what, message)
        if what not in ("STATE", "SENSOR", "INFO1", "RESULT"):
            return Ignored("not_used")
        body = decoded(message.payload)
        if not isinstance(body, dict):
            return body if isinstance(body, Rejected) else Rejected("bad_shape", f"{what} is an object")
        return _said(device, what, body, zone, message)

    return read


def _said(device: str, what: str, body: Mapping[str, object], zone: tzinfo, message: Message) -> Parsed:
    if what == "INFO1":
        info = body.get("Info1", body)
        model, fw = text(at(info, "Module")), text(at(info, "Version"))
        return [Birth(device, message.received_at, maker="Tasmota", model=model, fw=fw)]
    metrics = dict(_sensors(body)) if what == "SENSOR" else {**told(_STATE, body), **_relays(body)}
    if not metrics:
        return Ignored("not_used") if what == "RESULT" else Rejected("bad_shape", f"none of the values of {what}")
    return _sample(device, metrics, moment_ms(body.get("Time"), "local", zone), what, message)


def _will(device: str, word: str, message: Message) -> Parsed:
    if word.lower() not in _WORDS:
        return Rejected("bad_value", f"LWT is {word[:40]!r}")
    state, reason = _WORDS[word.lower()]
    return [Status(device, message.received_at, state, reason=reason, will=state == "offline")]


def _sample(device: str, metrics: Mapping[str, Value], own: int | None, origin: str, message: Message) -> Parsed:
    ts = message.received_at if own is None else own
    return [Sample(device, ts, metrics, message.received_at, origin=origin[:120], stamped=own is not None)]


def _power(key: str) -> str:
    """`POWER` and `POWER1` … as Tasmota numbers its relays."""
    return own_name(key.lower())


def _relays(body: Mapping[str, object]) -> dict[str, Value]:
    keys = [key for key in body if key.startswith("POWER") and (key == "POWER" or key[5:].isdecimal())]
    return {_power(key): truth(body[key]) for key in keys[:_MOST_SENSORS]}


def _sensors(body: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    """Each sensor's values; of several of one kind the first has the plain name, the others their own before it."""
    temperature = unit_of(f"°{body.get('TempUnit', 'C')}")
    taken: set[str] = set()
    parts = [(name, part) for name, part in body.items() if isinstance(part, dict)]
    for name, part in parts[:_MOST_SENSORS]:
        found = told(_SENSORS, part)
        if (raw := at(part, "Temperature")) is not MISSING:
            found["temperature_c"] = temperature.value(raw)
        for metric, value in found.items():
            yield (f"{own_name(slug(name))[:31]}.{metric}" if metric in taken else metric), value
        taken |= found.keys()
    switches = [key for key in body if key.startswith("Switch") and key[6:].isdecimal()]
    for key in switches[:_MOST_SENSORS]:
        yield own_name(key.lower()), truth(body[key])


ADAPTER = Adapter("tasmota", ("tele/#", "stat/#"), paced(open_on, 300))

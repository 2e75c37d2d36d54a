"""UniFi Protect through homebridge-unifi-protect (docs/adapters.md): `unifi/protect/<MAC>/<topic>`.

Source: that plugin's docs/MQTT.md. The MAC is the device's own. Never read: pictures, stream addresses (they hold
keys), who authenticated at a door, and the metadata of smart detections (they hold plates).
"""

from collections.abc import Mapping

from ingest.adapter import Adapter, Parsed, Read, Source
from ingest.model import Ignored, Message, Rejected
from ingest.scalars import truth
from ingest.table import Metric, Row, by_table, decoded
from ingest.telling import PHASES, QUIET_S, Roll, happened
from ingest.topics import slug

_P = "unifi/protect/{device}/"


def _value(topic: str, metric: str) -> Row:
    return Row(_P + topic, family="camera", body="text", metrics=(Metric(metric),))


_ROWS = (
    _value("ambientlight", "light_lux"), _value("temperature", "temperature_c"), _value("humidity", "humidity_pct"),
    _value("chime", "volume_pct"), _value("light/brightness", "brightness_pct"),
)  # fmt: skip
_FLAGS: Mapping[str, str] = {
    # their topic: the metric that keeps the state; empty where there is none
    "motion": "motion", "occupancy": "", "doorbell": "", "alarm": "", "contact": "contact", "leak": "leak",
    "leak-external": "leak_external", "light": "light_on",
}  # fmt: skip
_PRIVATE = frozenset(("metadata", "authenticate", "rtsp"))
_SEVERE = frozenset(("leak", "leak-external", "alarm"))


def open_protect(source: Source) -> Read:
    """Read as the plugin; remembers who was introduced."""
    roll, table = Roll(source), by_table(_ROWS)(source)

    def read(message: Message) -> Parsed:
        mac, *topic = message.topic.split("/")[2:] or [""]
        if not slug(mac) or not topic or topic[-1] in _PRIVATE:
            return Ignored("not_used")
        if topic[-1] in ("get", "set"):
            return Ignored("own_order")
        if topic == ["snapshot"]:
            return Ignored("picture")
        device = source.address("camera", mac)
        parsed = _flag(device, topic, message) or table(message)
        if not isinstance(parsed, list):
            return parsed or Ignored("not_used")
        return roll.introduce(device, message.received_at, maker="Ubiquiti", interval_s=QUIET_S) + parsed

    return read


def _flag(device: str, topic: list[str], message: Message) -> Parsed:
    match topic:
        case [name] if name in _FLAGS:
            what, metric = name.replace("-", "_"), _FLAGS[name]
        case ["motion", "smart", thing]:
            what, metric = f"object.{slug(thing)}", ""
        case _:
            return None
    word = decoded(message.payload, "text")
    if isinstance(word, Rejected):
        return word
    flag = truth(word)
    if flag is None:
        return Rejected("bad_value", f"{topic[-1][:40]} is true or false")
    severity = "major" if flag and topic[-1] in _SEVERE else None
    return happened(device, message, what, PHASES[flag], part="/".join(topic), severity=severity,
                    state={metric: flag} if metric else None)  # fmt: skip


ADAPTER = Adapter("unifi-protect", ("unifi/protect/#",), open_protect)

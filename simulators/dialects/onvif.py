"""A camera with ONVIF events over MQTT: it speaks when something happens, and of nothing else.

Source: ONVIF Core Specification, "JSON Event Payload" and "MQTT". Values come as text, as some firmware has it; an
empty `heartbeat` beside says that it lives.
"""

from simulators.device import Value
from simulators.dialect import CLOCK, Foreign, measured
from simulators.population import Identity
from simulators.wire import Document, Message, foreign, stamp

_MOTION, _DARK = "VideoSource/MotionAlarm", "VideoSource/ImageTooDark/ImagingService"
_HEAT, _DISK = "Device/Sensor/Temperature/High", "Device/HardwareFailure/StorageFailure"
_TOO_HOT_C = 75.0


class Onvif(Foreign):
    """A camera's properties, told when they change."""

    tells = frozenset({"temperature_c", CLOCK})  # it may be quiet for hours and be well

    def __init__(self, identity: Identity, seed: int) -> None:
        super().__init__(identity, seed)
        self._told: dict[str, bool] = {}

    def begin(self, now: float) -> None:
        """A new session."""
        super().begin(now)
        self._told.clear()

    def telemetry(self, record: Document) -> list[Message]:
        """How many are about, a heartbeat, and what has changed."""
        sample, at = measured(record)
        heat = float(sample.get("temperature_c") or 0)
        states = {
            _MOTION: bool(sample.get("motion")),
            _DARK: sample.get("light_lux") == 0,
            _DISK: float(sample.get("storage_used_pct") or 0) >= 99,
            _HEAT: heat >= _TOO_HOT_C,
        }
        count: Document = {"Count": str(sample.get("count_person", 0))}
        said = [self._say("RuleEngine/CountAggregation/OccupancyCounter", at, count)]
        said.append(foreign(self.identity.address, f"{self.identity.id}/heartbeat", ""))
        for path, state in states.items():
            if self._told.get(path, False) != state:
                self._told[path] = state
                values: dict[str, Value | str] = {"Value": str(heat), "Threshold": str(_TOO_HOT_C)}
                said.append(
                    self._say(path, at, values if path == _HEAT else {"State": str(state).lower()}, retain=True)
                )
        return said

    def _say(self, path: str, at: float, data: Document, *, retain: bool = False) -> Message:
        facts = {"UtcTime": stamp(at), "Source": {"VideoSource": "1"}, "Data": data}
        return foreign(self.identity.address, f"{self.identity.id}/onvif-ej/{path}/&1", facts, retain=retain)


DIALECT = Onvif

"""Frigate, the recorder: `frigate/stats`, here with one camera at a time, and a topic for each thing a camera sees.

Source: Frigate's MQTT documentation. The device called `frigate` is the recorder, whose Will is `frigate/available`;
the others are its cameras, which have no line of their own. One recorder to a broker, as Frigate's fixed prefix has it.
"""

from collections.abc import Mapping

from simulators.device import Sample
from simulators.dialect import ABSENCE, CLOCK, STARTS, Foreign, measured
from simulators.population import Identity
from simulators.wire import Document, Message, foreign

_TOTAL_MIB = 953_674.3  # a disk of 1 TB
_SEEN = {"count_person": "person", "count_motorcycle": "motorcycle"}


class Frigate(Foreign):
    """The recorder, or one of its cameras."""

    tells = frozenset({"fps", "reconnects_1h", ABSENCE, CLOCK, STARTS})

    def __init__(self, identity: Identity, seed: int) -> None:
        super().__init__(identity, seed)
        self._records = identity.id == "frigate"
        self._camera = identity.id.replace("-", "_")
        self._told: dict[str, str] = {}
        self._booted = 0.0

    def begin(self, now: float) -> None:
        """A new session."""
        super().begin(now)
        self._told.clear()
        self._booted = now

    def will(self) -> Message | None:
        """The recorder's speaks for all."""
        return self._say("available", "offline", retain=True) if self._records else None

    def introduce(self, now: float, _interval: float) -> list[Message]:
        """The recorder is available; a camera's stream is being watched."""
        return self.status("online", now)

    def status(self, state: str, _now: float, _reason: str | None = None) -> list[Message]:
        """A recorder that ends says `stopped`."""
        if self._records:
            return [self._say("available", "online" if state == "online" else "stopped", retain=True)]
        return [self._say(f"{self._camera}/status/detect", state, retain=True)]

    def vanish(self, _now: float) -> list[Message]:
        """The recorder notices that a camera's stream is gone."""
        return [] if self._records else [self._say(f"{self._camera}/status/detect", "offline", retain=True)]

    def telemetry(self, record: Document) -> list[Message]:
        """The figures, and what changed of what is seen."""
        sample, at = measured(record)
        if self._records:
            return [self._say("stats", self._stats({}, at, sample))]
        figures = {
            "camera_fps": sample.get("fps"),
            "expected_fps": sample.get("expected_fps"),
            "process_fps": sample.get("fps"),
            "detection_fps": 1.2 if sample.get("motion") else 0.0,
            "reconnects_last_hour": sample.get("reconnects_1h"),
        }
        said = [self._say("stats", self._stats({self._camera: figures}, at, None))]
        seen = {"motion": "ON" if sample.get("motion") else "OFF"}
        seen |= {label: str(sample.get(metric, 0)) for metric, label in _SEEN.items()}
        news = {name: text for name, text in seen.items() if self._told.get(name) != text}
        self._told |= news
        return [*said, *(self._say(f"{self._camera}/{name}", text) for name, text in news.items())]

    def _stats(self, cameras: Mapping[str, object], at: float, own: Sample | None) -> Document:
        service: dict[str, object] = {"version": "0.16.1", "last_updated": int(at)}
        if own:
            service["uptime"] = int(at - self._booted)
            used = round(_TOTAL_MIB * float(own.get("storage_used_pct") or 0) / 100, 1)
            disk = {"total": _TOTAL_MIB, "used": used, "free": round(_TOTAL_MIB - used, 1), "mount_type": "ext4"}
            service["storage"] = {"/media/frigate/recordings": disk}
        return {"cameras": cameras, "service": service}

    def _say(self, path: str, payload: str | Document, *, retain: bool = False) -> Message:
        return foreign(self.identity.address, f"frigate/{path}", payload, retain=retain)


DIALECT = Frigate

"""How a device puts things: its birth, status, telemetry, events and acks, numbered within its session.

Decides the words of the contract; never when they are said.
"""

from simulators.device import Sample
from simulators.events import Happening
from simulators.orders import Step
from simulators.population import Identity
from simulators.wire import Document, Message, message, stamp, token


class Voice:
    """One device's session and its sequence number."""

    def __init__(self, identity: Identity, seed: int) -> None:
        self._identity, self._seed = identity, seed
        self._open: dict[str, str] = {}
        self.session, self.seq = "", 0

    def begin(self, now: float) -> None:
        """A new session: the device has booted."""
        self.session, self.seq = token(10, self._seed, self._identity.address, stamp(now)), 0
        self._open.clear()

    def will(self) -> Message:
        """What the broker is to say when the connection dies; it carries no time, for nobody knows it beforehand."""
        return self._message("status", {"state": "offline", "reason": "lwt"}, retain=True)

    def birth(self, now: float, interval: float) -> Message:
        """Who it is, where it stands, what it measures and obeys; a sample is due every `interval` seconds."""
        who, kind = self._identity, self._identity.kind
        place = {"lat": who.lat, "lon": who.lon, "area": who.area}
        facts: Document = {
            "ts": stamp(now),
            **({"gateway": who.gateway} if who.gateway else {}),
            "device": {"name": who.name, **who.model._asdict(), **place},
            "interval_s": max(kind.interval_s, round(interval)),
            "metrics": kind.metrics,
            "commands": list(kind.orders),
        }
        return self._message("birth", facts, retain=True)

    def status(self, state: str, now: float, **more: str) -> Message:
        """`online`, or `offline` with a reason."""
        return self._message("status", {"state": state, **more, "ts": stamp(now)}, retain=True)

    def record(self, sample: Sample, now: float) -> Document:
        """A numbered sample: the middle of a telemetry message, or a part of a batch."""
        self.seq += 1
        return {"seq": self.seq, "ts": stamp(now), "m": sample}

    def telemetry(self, record: Document) -> Message:
        """One sample, at once."""
        return self._message("telemetry", record)

    def batch(self, records: list[Document]) -> Message:
        """Late samples, oldest first."""
        return self._message("telemetry", {"batch": records})

    def event(self, happening: Happening, now: float) -> Message:
        """One phase of an event; all phases carry the id of the first."""
        self.seq += 1
        event_id = self._open.setdefault(happening.type, token(8, self.session, self.seq))
        if happening.phase == "end":
            del self._open[happening.type]
        facts: Document = {
            "seq": self.seq,
            "ts": stamp(now),
            "id": event_id,
            "type": happening.type,
            "phase": happening.phase,
            "severity": happening.severity,
            "data": happening.data,
        }
        return self._message("event", facts)

    def ack(self, step: Step) -> Message:
        """The answer to an order."""
        reason = {"reason": step.reason} if step.reason else {}
        return self._message("ack", {"ref": step.ref, "state": step.state, "ts": stamp(step.at), **reason})

    def _message(self, channel: str, facts: Document, *, retain: bool = False) -> Message:
        return message(self._identity.address, channel, {"v": 1, "session": self.session, **facts}, retain=retain)

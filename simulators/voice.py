"""How a device puts things on the native wire: birth, status, telemetry, events and acks, numbered within its session.

Decides the words of the contract; never when they are said. A foreign dialect (`dialects/*.py`) puts the same facts its
own way: it changes the methods of this one.
"""

from collections.abc import Sequence
from math import inf

from simulators.device import Sample
from simulators.events import Happening
from simulators.orders import Step
from simulators.population import Identity
from simulators.wire import Document, Message, local_stamp, message, stamp, token

_WHOLE_EVERY = 10  # of the samples of a device that tells changes only


class Voice:
    """One device's session, its sequence number and its idea of the time."""

    obeys = True
    """Whether it listens for orders on the native wire."""

    def __init__(self, identity: Identity, seed: int) -> None:
        self.identity, self._seed = identity, seed
        self._open: dict[str, str] = {}
        self._last: Sample = {}
        self.session, self.seq = "", 0
        self.skew = 0.0
        """How far its clock is ahead, in seconds."""
        self.firmware: str | None = None
        """The version it runs instead of its label's."""

    def begin(self, now: float) -> None:
        """A new session: the device has booted."""
        self.session, self.seq = token(10, self._seed, self.identity.address, stamp(now)), 0
        self._open.clear()
        self._last = {}

    def will(self) -> Message | None:
        """What the broker is to say when the connection dies; it carries no time, for nobody knows it beforehand."""
        return self._message("status", {"state": "offline", "reason": "lwt"}, retain=True)

    def introduce(self, now: float, interval: float) -> list[Message]:
        """Who it is, where it stands, what it measures and obeys; a sample is due every `interval` seconds."""
        who, kind = self.identity, self.identity.kind
        model = {"maker": who.model.maker, "model": who.model.model, "fw": self.firmware or who.model.fw}
        facts: Document = {
            "ts": self._stamp(now),
            **({"gateway": who.gateway} if who.gateway else {}),
            "device": {"name": who.name, **model, "lat": who.lat, "lon": who.lon, "area": who.area},
            "interval_s": max(kind.interval_s, round(interval)),
            "metrics": kind.metrics,
            "commands": list(kind.orders),
        }
        return [self._message("birth", facts, retain=True), *self.status("online", now)]

    def status(self, state: str, now: float, reason: str | None = None) -> list[Message]:
        """`online`, or `offline` with a reason."""
        why = {"reason": reason} if reason else {}
        return [self._message("status", {"state": state, **why, "ts": self._stamp(now)}, retain=True)]

    def vanish(self, _now: float) -> list[Message]:
        """What is said when its power fails: of native devices the broker publishes the Will."""
        return []

    def record(self, sample: Sample, now: float) -> Document:
        """A numbered sample: the middle of a telemetry message, or a part of a batch."""
        self.seq += 1
        return {"seq": self.seq, "ts": self._stamp(now), "m": self._worth_telling(sample)}

    def telemetry(self, record: Document) -> list[Message]:
        """One sample, at once."""
        return [self._message("telemetry", record)]

    def batch(self, records: Sequence[Document]) -> list[Message]:
        """Late samples, oldest first."""
        return [self._message("telemetry", {"batch": records})]

    def event(self, happening: Happening, now: float) -> list[Message]:
        """One phase of an event; all phases carry the id of the first."""
        self.seq += 1
        event_id = self._open.setdefault(happening.type, token(8, self.session, self.seq))
        if happening.phase == "end":
            del self._open[happening.type]
        facts: Document = {
            "seq": self.seq,
            "ts": self._stamp(now),
            "id": event_id,
            "type": happening.type,
            "phase": happening.phase,
            "severity": happening.severity,
            "data": happening.data,
        }
        return [self._message("event", facts)]

    def ack(self, step: Step) -> list[Message]:
        """The answer to an order."""
        reason = {"reason": step.reason} if step.reason else {}
        return [self._message("ack", {"ref": step.ref, "state": step.state, "ts": self._stamp(step.at), **reason})]

    def _worth_telling(self, sample: Sample) -> Sample:
        """All of it; or, where the firmware is so, what changed, and all in the first and every tenth sample."""
        if self.identity.model.quirk != "changes_only":
            return sample
        whole, last = self.seq % _WHOLE_EVERY == 1, self._last
        self._last = {**last, **sample}
        changed = {name: value for name, value in sample.items() if whole or last.get(name, inf) != value}
        return changed or sample  # a message without a metric would say nothing

    def _stamp(self, now: float) -> str | int:
        at, quirk = now + self.skew, self.identity.model.quirk
        if quirk == "epoch_ms":
            return round(at * 1000)
        return local_stamp(at) if quirk == "local_offset" else stamp(at)

    def _message(self, channel: str, facts: Document, *, retain: bool = False) -> Message:
        return message(self.identity.address, channel, {"v": 1, "session": self.session, **facts}, retain=retain)

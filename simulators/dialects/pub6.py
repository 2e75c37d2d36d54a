"""pub6, the protocol of SIP loudspeakers: everybody reports to `pub6/broadcast/v2/sys` and names himself in the body.

Source: the makers' pub6 broadcast protocol, v2: status 0 gone, 1 idle, 2 fault, 3 mended, 4 playing; volume is 0 to 31.
"""

from simulators.device import Value
from simulators.dialect import ABSENCE, CLOCK, STARTS, Foreign, measured
from simulators.population import Identity
from simulators.wire import Document, Message, foreign

_TOPIC = "pub6/broadcast/v2/sys"
_GONE, _IDLE, _FAULT, _MENDED, _PLAYING = range(5)


class Pub6(Foreign):
    """A terminal that reports what it does and what is wrong, and no measured value."""

    tells = frozenset({ABSENCE, CLOCK, STARTS})  # faults are told in its own word, which no shipped rule reads

    def __init__(self, identity: Identity, seed: int) -> None:
        super().__init__(identity, seed)
        self._faulty = False

    def begin(self, now: float) -> None:
        """A new session."""
        super().begin(now)
        self._faulty = False

    def will(self) -> Message:
        """Its status 0; like every Will it carries no time of its own."""
        return self._report({"act": "status", "value": _GONE}, None)

    def introduce(self, now: float, _interval: float) -> list[Message]:
        """What it is, without the address of its network card, and that it is there."""
        who = self.identity.model
        props = {"model": f"{who.maker} {who.model}", "version": who.fw, "volume": 22}
        return [self._report({"act": "static_props", "value": props}, now), *self.status("online", now)]

    def status(self, state: str, now: float, _reason: str | None = None) -> list[Message]:
        """Idle, or gone."""
        return [self._report({"act": "status", "value": _IDLE if state == "online" else _GONE}, now)]

    def telemetry(self, record: Document) -> list[Message]:
        """Whether it plays; and a fault, when it comes and when it is mended."""
        sample, at = measured(record)
        said = [self._report({"act": "status", "value": _PLAYING if sample.get("playing") else _IDLE}, at)]
        faulty = _is_faulty(sample)
        if faulty != self._faulty:
            self._faulty = faulty
            said.append(self._report({"act": "status", "value": _FAULT if faulty else _MENDED}, at))
        return said

    def _report(self, data: Document, now: float | None) -> Message:
        at = None if now is None else round(now * 1000)
        facts = {"from": self.identity.id, "to": "sys", "req": str(at or 0), "method": "report", "data": data}
        return foreign(self.identity.address, _TOPIC, facts | ({} if at is None else {"seq": self.seq, "ts": at}))


def _is_faulty(sample: dict[str, Value]) -> bool:
    return bool(sample.get("amp_fault")) or sample.get("speaker_test_ok") is False


DIALECT = Pub6

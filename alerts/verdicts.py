"""Asks a rule for its verdict on a fact, and decides whether to believe it yet.

Decides about belief only: after a start no absence before the quiet time is over, after a false alarm nothing before
the cool-down is; and what a rule that raises an error means. What a finding does to an alert is the docket's.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from alerts.docket import Docket
from alerts.health import BROKEN
from alerts.model import Alert, Condition, Transition, Verdict
from alerts.rule import Finding, Recalled, Rule, Subject
from ingest.model import Admission, Device

HELD: Final = "\x1fheld "  # before a key: a finding not to be believed before a time
WAKE: Final = "\x1fwake "  # before a key: a rule with a memory wants to be asked
_PRESENCE: Final = (Subject.PRESENCE, Subject.UPTIME)


@dataclass(frozen=True, slots=True)
class _Withheld:
    """A bad finding not to be believed before `until`: just started, or just called a false alarm."""

    rule: Rule
    device: Device
    finding: Finding
    until: int


class Verdicts:
    """What rules say of facts, what they remember, and what is not believed yet."""

    def __init__(self, docket: Docket, devices: dict[str, Device], quiet_until: int) -> None:
        self._docket = docket
        self._devices = devices
        self._quiet_until = quiet_until
        self._withheld: dict[str, _Withheld] = {}
        self._by_device: dict[str, set[str]] = {}
        self._memories: dict[str, Any] = {}
        self._cooling: dict[str, int] = {}

    def waiting(self, address: str) -> Collection[str]:
        """The keys of a subject of which something is not believed yet."""
        return self._by_device.get(address, ())

    def judge(self, rule: Rule, device: Device, fact: object, at: int, sampled_at: int | None) -> list[Transition]:
        """What a rule without a memory says of a fact."""
        try:
            finding: Finding = rule.test.judge(fact)
        except Exception as why:  # noqa: BLE001 - whatever a kind does wrong, the others go on
            return self._broken(rule, self._docket.health.erred(rule.name, why), at)
        return self._found(rule, device, finding, at, sampled_at)

    def recall(self, rule: Rule, device: Device, fact: object, at: int, sampled_at: int | None) -> list[Transition]:
        """What a rule with a memory says of a fact, or of the passing of time (no fact)."""
        key = f"{rule.name}@{device.address}"
        alert = self._docket.register.get(key)
        if alert is not None and _late(alert, sampled_at):
            return []
        try:
            said: Recalled = rule.test.judge(fact, self._memories.get(key), at)
        except Exception as why:  # noqa: BLE001 - the same
            return self._broken(rule, self._docket.health.erred(rule.name, why), at)
        if said.memory is None:
            self._memories.pop(key, None)
        else:
            self._memories[key] = said.memory
        self._docket.register.remind(WAKE + key, None if said.wake is None else max(said.wake, at + 1))
        return [] if said.finding is None else self._found(rule, device, said.finding, at, sampled_at)

    def wake(self, key: str, now: int) -> list[Transition]:
        """Ask a rule with a memory, as it wanted."""
        name, _, address = key.partition("@")
        rule, device = self._docket.index.rules.get(name), self._devices.get(address)
        if rule is None or device is None or device.admission is not Admission.ADMITTED:
            return []
        return self.recall(rule, device, None, now, None)

    def learn(self, key: str, memory: object) -> None:
        """What a rule is to remember of a subject."""
        self._memories[key] = memory

    def forget(self, rules: Iterable[str]) -> None:
        """Keep the memories of these rules alone."""
        kept = set(rules)
        self._memories = {key: what for key, what in self._memories.items() if key.partition("@")[0] in kept}

    def cool(self, key: str, now: int) -> None:
        """It was a false alarm: not again for a while."""
        self._cooling = {each: until for each, until in self._cooling.items() if until > now}
        self._cooling[key] = now + self._docket.policy.cool_down_ms

    def doubt(self, until: int, now: int) -> None:
        """Believe no absence before this time; who was becoming absent is so only if nothing better is heard."""
        self._quiet_until = max(self._quiet_until, until)
        for alert in list(self._docket.register.alerts.values()):
            rule = self._docket.rule_of(alert)
            if rule is None or rule.subject is not Subject.PRESENCE or alert.verdict is not Verdict.BAD:
                continue
            if alert.condition is Condition.PENDING:
                device = self._devices.get(alert.device) or Device(alert.device, Admission.ADMITTED, area=alert.area)
                bad = Finding(Verdict.BAD, alert.value, alert.reason, alert.severity)
                self._withhold(alert.key, _Withheld(rule, device, bad, self._quiet_until))
                self._docket.register.keep(replace(alert, verdict=Verdict.UNKNOWN, last_observed=now))

    def believe(self, key: str, now: int) -> list[Transition]:
        """The time has come: what was withheld is believed, unless something better was heard."""
        held = self._withheld.get(key)
        if held is None:
            return []
        self._withhold(key, None)
        device = self._devices.get(held.device.address, held.device)
        if device.admission is not Admission.ADMITTED:
            return []
        return self._docket.apply(held.rule, device, held.finding, now)

    def _found(self, rule: Rule, device: Device, finding: Finding, at: int, sampled_at: int | None) -> list[Transition]:
        key = f"{rule.name}@{device.address}"
        steps = self._broken(rule, self._docket.health.judged(rule.name, finding), at)
        alert = self._docket.register.get(key)
        if alert is not None and _late(alert, sampled_at):
            return steps
        self._withhold(key, None)
        if finding.verdict is Verdict.UNKNOWN and rule.unknown is not Verdict.UNKNOWN:
            finding = replace(finding, verdict=rule.unknown)
        if finding.verdict is Verdict.BAD and (until := self._believed_from(rule, key)) > at:
            self._withhold(key, _Withheld(rule, device, finding, until))
            finding = Finding(Verdict.UNKNOWN, reason="starting")
        return steps + self._docket.apply(rule, device, finding, at, sampled_at)

    def _broken(self, rule: Rule, finding: Finding | None, at: int) -> list[Transition]:
        if finding is None:
            return []
        return self._docket.apply(BROKEN, Device(f"rule:{rule.name}", Admission.ADMITTED), finding, at)

    def _withhold(self, key: str, held: _Withheld | None) -> None:
        before, address = self._withheld.pop(key, None), key.partition("@")[2]
        if before is None and held is None:
            return
        keys = self._by_device.setdefault(address, set())
        (keys.discard if held is None else keys.add)(key)
        if not keys:
            del self._by_device[address]
        if held is not None:
            self._withheld[key] = held
        self._docket.register.remind(HELD + key, None if held is None else held.until)

    def _believed_from(self, rule: Rule, key: str) -> int:
        quiet = self._quiet_until if rule.subject in _PRESENCE else 0
        return max(quiet, self._cooling.get(key, 0))


def _late(alert: Alert, sampled_at: int | None) -> bool:
    """A sample older than one already judged: it is history, not news."""
    return sampled_at is not None and alert.sampled_at is not None and sampled_at < alert.sampled_at

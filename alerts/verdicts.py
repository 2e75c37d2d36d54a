"""Asks a rule for its verdict on a fact, and decides whether to believe it yet.

Decides about belief only: after a start no absence before the quiet time is over, after a false alarm nothing before
the cool-down is; a rule whose memories are still being made waits for them, and what is heard of it waits too; and
what a rule that raises an error means. What a finding does to an alert is the docket's.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from alerts.docket import Docket
from alerts.health import BROKEN
from alerts.model import Alert, Condition, Transition, Verdict
from alerts.recollection import NOTHING, Fact, Recollection
from alerts.rule import Finding, Recalled, Rule, Subject
from ingest.model import Admission, Device

HELD: Final = "\x1fheld "  # before a key: a finding not to be believed before a time
WAKE: Final = "\x1fwake "  # before a key: a rule with a memory wants to be asked
MOST_HELD: Final = 100_000  # facts that wait for one rule's memories; then it begins anew
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
        self._memories: dict[str, Recollection] = {}
        self._awaited: dict[str, list[Fact]] = {}  # by rule, what was heard of it
        self._unmet: dict[str, set[str]] = {}  # by device not heard of yet, what is to be asked of it
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
        if rule.name in self._awaited:
            return self._hold(rule, Fact(device.address, fact, at, sampled_at))
        key = f"{rule.name}@{device.address}"
        before = self._memories.get(key, NOTHING)
        if not before.precedes(sampled_at):
            return []
        try:
            said: Recalled = rule.test.judge(fact, before.memory, at)
        except Exception as why:  # noqa: BLE001 - the same
            return self._broken(rule, self._docket.health.erred(rule.name, why), at)
        if said.memory is None:
            self._memories.pop(key, None)
        else:
            self._memories[key] = before.after(said.memory, sampled_at)
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
        self._memories[key] = Recollection(memory)

    def expect(self, rules: Iterable[str]) -> None:
        """The memories of these rules are being made: until they are there, what is heard of them waits."""
        self._awaited = {name: [] for name in rules}

    def remember(self, rule: Rule, memories: Mapping[str, Recollection] | None, now: int) -> list[Transition]:
        """The memories of a rule are there (None: there will be none); judge what has waited for them.

        Then ask it anew of all that it remembers or has an alert of: what was over, or was bad, while we were down.
        """
        held, used = self._awaited.pop(rule.name, None), self._docket.index.rules.get(rule.name)
        if held is None or used is None:
            return []
        made = memories if used == rule else None
        for address, memory in (made or {}).items():
            self._memories[f"{rule.name}@{address}"] = memory
        steps = [step for fact in held for step in self._judge_held(used, fact)]
        if made is not None and rule.subject is not Subject.SERIES:  # a series says nothing by time alone
            self._ask(rule.name, made, now)
        return steps

    def meet(self, address: str, now: int) -> None:
        """A device is heard of: with the next tick ask what is to be asked of it since the start."""
        for key in self._unmet.pop(address, ()):
            self._docket.register.remind(WAKE + key, now)

    def forget(self, before: Mapping[str, Rule]) -> None:
        """Other rules are in use: let go of memories of those that are gone, or of another kind than before."""
        rules = self._docket.index.rules
        kept = {name for name, rule in rules.items() if name in before and before[name].kind == rule.kind}
        self._memories = {key: what for key, what in self._memories.items() if key.partition("@")[0] in kept}
        self._awaited = {name: held for name, held in self._awaited.items() if name in rules}

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

    def doubt_metrics(self, device: Device, doubt: Finding, now: int) -> list[Transition]:
        """A device that does not speak: its metrics' alerts keep, as stale; silence has a rule of its own."""
        for name, held in self._awaited.items():  # for what waits of it that comes in its place among what was heard
            if self._docket.index.rules[name].subject is Subject.SERIES:
                held.append(Fact(device.address, doubt, now))
        steps: list[Transition] = []
        for key in self._docket.register.of_device(device.address):
            alert = self._docket.register.alerts[key]
            rule = self._docket.rule_of(alert)
            metric = rule is not None and rule.subject in (Subject.METRIC, Subject.SERIES)
            if rule and metric and alert.verdict is not Verdict.UNKNOWN:
                steps += self._docket.apply(rule, device, doubt, now)
        return steps

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

    def _hold(self, rule: Rule, fact: Fact) -> list[Transition]:
        """Let a fact wait for the rule's memories; where too many do, it begins anew."""
        held = self._awaited[rule.name]
        held.append(fact)
        return self.remember(rule, None, fact.at) if len(held) > MOST_HELD else []

    def _judge_held(self, rule: Rule, fact: Fact) -> list[Transition]:
        """What the rule says of a fact that has waited, if its device is still ours to judge."""
        device = self._devices[fact.device]
        if device.admission is not Admission.ADMITTED:
            return []
        if not isinstance(fact.what, Finding):
            return self.recall(rule, device, fact.what, fact.at, fact.sampled_at)
        alert = self._docket.register.get(f"{rule.name}@{fact.device}")
        doubted = alert is None or alert.verdict is Verdict.UNKNOWN
        return [] if doubted else self._docket.apply(rule, device, fact.what, fact.at)

    def _ask(self, rule: str, remembered: Iterable[str], now: int) -> None:
        """Have the rule asked of these devices, and of those it has an alert of, once they are met."""
        alerts = {alert.device for alert in self._docket.register.alerts.values() if alert.rule == rule}
        for address in alerts.union(remembered):
            self._unmet.setdefault(address, set()).add(f"{rule}@{address}")
            if address in self._devices:
                self.meet(address, now)

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

"""Judges what was heard by every rule that concerns it, and keeps the open alerts.

Decides which steps alerts take; it never stores, publishes, reads a clock or knows a channel. A sample costs
the rules that match its metrics; a tick costs what is due, not how many devices or alerts there are. Times are
the centre's (`received_at`, `now`); a device's own time only orders its samples.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from alerts import machine
from alerts.agenda import Agenda
from alerts.events import Policy, due
from alerts.model import Alert, Condition, Refused, Request, Transition, Verdict
from alerts.rule import Finding, Rule, Subject
from alerts.table import Event
from ingest.model import FAMILIES, Admission, Device, Heard, Sample, View

_BASE32: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: sorts as the numbers do


@dataclass(frozen=True, slots=True)
class _Withheld:
    """A bad finding not to be believed before `until`: just started, or just called a false alarm."""

    rule: Rule
    device: Device
    finding: Finding
    until: int


class Engine:
    """The rules, the open alerts and what is due.

    `alerts` are those open before a restart and `evaluated_at` when they were last evaluated: the downtime
    since then counts for no timer. Before `quiet_until` no absence is believed.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        alerts: Iterable[Alert] = (),
        *,
        now: int = 0,
        evaluated_at: int | None = None,
        quiet_until: int = 0,
        policy: Policy | None = None,
    ) -> None:
        self._policy = policy or Policy()
        self._quiet_until = quiet_until
        self._open: dict[str, Alert] = {}
        self._by_id: dict[str, str] = {}
        self._by_device: dict[str, set[str]] = {}
        self._devices: dict[str, Device] = {}
        self._agenda = Agenda()
        self._withheld: dict[str, _Withheld] = {}
        self._cooling: dict[str, int] = {}
        self._born = 0
        self._rules: dict[str, Rule] = {}
        for alert in alerts:
            self._keep(machine.resume(alert, now if evaluated_at is None else evaluated_at, now))
        self.adopt(rules)
        if now < quiet_until:
            self._doubt_absences(now)

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """The alerts that are not closed, by key."""
        return MappingProxyType(self._open)

    def adopt(self, rules: Iterable[Rule]) -> None:
        """Use this set of rules from now on; the next tick ends or withdraws what it no longer supports."""
        self._rules = {rule.name: rule for rule in rules}
        self._of_metric: dict[str, list[tuple[str, Rule]]] = {}  # by family: the metric and who judges it
        self._of_presence: dict[str, list[Rule]] = {}
        for rule in self._rules.values():
            for family in (rule.family,) if rule.family else FAMILIES:
                if rule.metric is not None:
                    self._of_metric.setdefault(family, []).append((rule.metric, rule))
                elif rule.subject is Subject.PRESENCE:
                    self._of_presence.setdefault(family, []).append(rule)
        for key in self._open:
            self._agenda.put(key, 0)

    def observe(self, heard: Heard) -> list[Transition]:
        """Judge what one step of the ingest changed: the samples in their order, then who is there."""
        steps: list[Transition] = []
        for view in heard.views:
            self._devices[view.device.address] = view.device
        for sample in heard.samples:
            steps += self._judge_sample(sample, min(sample.received_at, heard.now))
        for view in heard.views:
            steps += self._judge_view(view, heard.now)
        return steps

    def tick(self, now: int) -> list[Transition]:
        """Let time pass: timers, acknowledgements that run out, alerts nobody looked at, rules gone."""
        steps: list[Transition] = []
        for key in self._agenda.take(now):
            held = self._withheld.get(key)
            if held is not None and held.until <= now:
                del self._withheld[key]
                if self._admits(held.device):
                    steps += self._apply(held.rule, held.device, held.finding, now)
            alert = self._open.get(key)
            if alert is not None:
                steps += self._moved(alert, machine.pass_time(alert, self._rule_of(alert), now, self._policy))
        return steps

    def act(self, request: Request, now: int) -> Transition | Refused:
        """Do what an operator asks of an alert, or say why not."""
        alert = self._open.get(self._by_id.get(request.alert_id, ""))
        if alert is None:
            return Refused("not_open", "no open alert has this id")
        step = machine.ask(alert, request, now)
        if isinstance(step, Transition):
            if step.alert.outcome == "false_alarm":
                self._cooling = {key: until for key, until in self._cooling.items() if until > now}
                self._cooling[alert.key] = now + self._policy.cool_down_ms
            self._keep(step.alert)
        return step

    def report(self, rule: Rule, device: Device, finding: Finding, at: int) -> list[Transition]:
        """Take what somebody else judged, by a rule that the engine knows by name (its title may be its own)."""
        return self._apply(rule, device, finding, at)

    def _judge_sample(self, sample: Sample, at: int) -> list[Transition]:
        device = self._devices.get(sample.device)
        if device is None or device.admission is not Admission.ADMITTED:
            return []
        steps: list[Transition] = []
        metrics = sample.metrics
        calm = not self._withheld and not self._by_device.get(sample.device)  # then only what is bad matters
        for metric, rule in self._of_metric.get(device.family, ()):
            if metric in metrics and (not calm or rule.test.suspects(metrics[metric])):
                steps += self._apply(rule, device, rule.test.judge(metrics[metric]), at, sample.ts)
        return steps

    def _judge_view(self, view: View, now: int) -> list[Transition]:
        device, presence = view.device, view.presence
        if device.admission is not Admission.ADMITTED:
            return self._end_all(device.address, Event.RETIRED, now)
        steps: list[Transition] = []
        if presence.unknown or presence.connected is False or not presence.fresh:
            steps += self._doubt_metrics(device, presence.reason, now)
        for rule in self._of_presence.get(device.family, ()):
            steps += self._apply(rule, device, rule.test.judge(presence), now)
        return steps

    def _doubt_metrics(self, device: Device, reason: str, now: int) -> list[Transition]:
        """A device that does not speak: its metrics' alerts keep, as stale; silence has a rule of its own."""
        steps: list[Transition] = []
        for key in sorted(self._by_device.get(device.address, ())):
            alert = self._open[key]
            rule = self._rules.get(alert.rule)
            if rule and rule.subject is Subject.METRIC and alert.verdict is not Verdict.UNKNOWN:
                steps += self._apply(rule, device, Finding(Verdict.UNKNOWN, reason=reason), now)
        return steps

    def _doubt_absences(self, now: int) -> None:
        """After a start: who was becoming absent is so only if nothing better is heard until all is quiet."""
        for alert in list(self._open.values()):
            rule = self._rule_of(alert)
            if rule is None or rule.subject is not Subject.PRESENCE or alert.verdict is not Verdict.BAD:
                continue
            if alert.condition is Condition.PENDING:
                device = Device(alert.device, Admission.ADMITTED, area=alert.area)
                bad = Finding(Verdict.BAD, alert.value, alert.reason, alert.severity)
                self._withheld[alert.key] = _Withheld(rule, device, bad, self._quiet_until)
                self._keep(replace(alert, verdict=Verdict.UNKNOWN, last_observed=now))

    def _apply(
        self, rule: Rule, device: Device, finding: Finding, at: int, sampled_at: int | None = None
    ) -> list[Transition]:
        key = f"{rule.name}@{device.address}"
        alert = self._open.get(key)
        if alert is not None and _late(alert, sampled_at):
            return []
        if self._withheld.pop(key, None) is not None:
            self._schedule(key)
        bad = finding.verdict is Verdict.BAD
        if alert is None and not bad:
            return []
        if bad and (until := self._believed_from(rule, key)) > at:
            self._withheld[key] = _Withheld(rule, device, finding, until)
            self._schedule(key)
            finding = Finding(Verdict.UNKNOWN, reason="starting")
        if alert is None:
            if finding.verdict is not Verdict.BAD:
                return []
            alert = self._bear(rule, device, at)
        if sampled_at is not None:
            alert = replace(alert, sampled_at=sampled_at)
        return self._moved(alert, machine.judge(alert, rule, finding, at, self._policy))

    def _moved(self, before: Alert, moved: machine.Moved) -> list[Transition]:
        """Keep the alert as it now is; past the reopen window a new one begins in its place."""
        after, step = moved
        self._keep(after)
        if step is None:
            return []
        if step.cause != Event.LATER.name.lower():
            return [step]
        rule = self._rules[after.rule]
        device = self._devices.get(after.device) or Device(after.device, area=after.area)
        young = replace(self._bear(rule, device, step.at), timer=before.timer, since=before.timer or step.at)
        finding = Finding(Verdict.BAD, after.value, after.reason, after.severity)
        return [step, *self._moved(young, machine.judge(young, rule, finding, step.at, self._policy))]

    def _end_all(self, address: str, event: Event, now: int) -> list[Transition]:
        steps: list[Transition] = []
        for key in sorted(self._by_device.get(address, ())):
            steps += self._moved(self._open[key], machine.move(self._open[key], event, now))
        return steps

    def _keep(self, alert: Alert) -> None:
        key = alert.key
        if alert.open:
            self._open[key] = alert
            self._by_id[alert.id] = key
            self._by_device.setdefault(alert.device, set()).add(key)
        else:
            self._open.pop(key, None)
            self._by_id.pop(alert.id, None)
            self._by_device.get(alert.device, set()).discard(key)
        self._schedule(key)

    def _schedule(self, key: str) -> None:
        """Put on the agenda when time alone will next matter to this key."""
        alert, held = self._open.get(key), self._withheld.get(key)
        times = [] if held is None else [held.until]
        if alert is not None and (when := due(alert, self._rule_of(alert), self._policy)) is not None:
            times.append(when)
        self._agenda.put(key, min(times, default=None))

    def _believed_from(self, rule: Rule, key: str) -> int:
        quiet = self._quiet_until if rule.subject is Subject.PRESENCE else 0
        return max(quiet, self._cooling.get(key, 0))

    def _admits(self, device: Device) -> bool:
        return self._devices.get(device.address, device).admission is Admission.ADMITTED

    def _rule_of(self, alert: Alert) -> Rule | None:
        """Its rule, if that still judges what the alert is about."""
        rule = self._rules.get(alert.rule)
        family = alert.device.split("/", 2)[1]
        if rule is None or rule.metric != alert.metric or rule.family not in (None, family):
            return None
        return rule

    def _bear(self, rule: Rule, device: Device, at: int) -> Alert:
        self._born += 1
        alert_id = _name(f"{rule.name}@{device.address}@{at}@{self._born}", at)
        return machine.born(rule, device.address, device.area, at, alert_id)


def _late(alert: Alert, sampled_at: int | None) -> bool:
    """A sample older than one already judged: it is history, not news."""
    return sampled_at is not None and alert.sampled_at is not None and sampled_at < alert.sampled_at


def _name(seed: str, at: int) -> str:
    """An id of 26 letters like a ULID: ten of the time, sixteen of a digest, so that a replay names alike."""
    number = (at << 80) | int.from_bytes(sha256(seed.encode()).digest()[:10], "big")
    return "".join(_BASE32[(number >> shift) & 31] for shift in range(125, -1, -5))

"""Applies findings and the passing of time to the open alerts, and says which steps they take.

Decides what suppresses an alert when it fires (a silence, a window, an outage that explains it, a moment's wait for
one) and what an outage means for the alerts it explains. It judges no device: findings are handed to it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from alerts import machine, muting
from alerts.events import Policy, due, free_at
from alerts.explaining import ACTIVE, Explaining
from alerts.flapping import Flapbook, Flaps
from alerts.health import Healths
from alerts.index import RuleIndex
from alerts.model import Alert, Condition, Mute, Refused, Request, Suppression, Transition, Verdict
from alerts.naming import name
from alerts.quiets import Quiets, kind_of
from alerts.register import Register
from alerts.rule import Finding, Rule, Subject
from alerts.suppression import Quiet
from alerts.table import WAITING, Event, State, state_of
from ingest.model import Device

_INTERVAL_MS: Final = 60_000  # of a device that does not say
FLAP: Final = "\x1fflap "  # before a key: it may be steady by now


class Docket:
    """The open alerts under a set of rules. `devices` are those known, by address."""

    def __init__(self, policy: Policy, quiets: Quiets, devices: dict[str, Device]) -> None:
        self.policy = policy
        self.quiets = quiets
        self.register = Register(self._due)
        self.flaps = Flapbook()
        self.health = Healths()
        self.index = RuleIndex()
        self.explaining = Explaining(self.index, quiets.grounds, self.register, policy)
        self._devices = devices
        self._births: Counter[str] = Counter()  # at one time, by key
        self._births_at = 0

    def adopt(self, index: RuleIndex) -> None:
        """Use these rules; the next tick ends or withdraws what they no longer support."""
        self.index = index
        self.explaining = Explaining(index, self.quiets.grounds, self.register, self.policy)
        for alert in self.register.alerts.values():
            self.explaining.causes.heard(alert, alert.since)
        self.register.look_at(list(self.register.alerts))

    def apply(
        self, rule: Rule, device: Device, finding: Finding, at: int, sampled_at: int | None = None
    ) -> list[Transition]:
        """What a finding makes of the alert of this rule and subject, and of those that hang on it."""
        key = f"{rule.name}@{device.address}"
        alert = self.register.get(key)
        if alert is None and finding.verdict is Verdict.GOOD and self.flaps.get(key) is None:
            return []  # as nearly always: all was well, and is
        steps = self._shake(alert, key, device, finding.verdict, at) if rule.outage is None else []
        alert = self.register.get(key)
        if alert is None:
            if finding.verdict is not Verdict.BAD:
                return steps
            alert = self._bear(rule, device.address, device.area, at)
            if rule.outage is not None and alert.area is None:
                alert = replace(alert, area=self._common_area(alert))
        if sampled_at is not None:
            alert = replace(alert, sampled_at=sampled_at)
        if finding.verdict is Verdict.BAD:
            alert = self._prepared(alert, rule, at)
        if rule.outage is not None and alert.condition in ACTIVE:
            self.explaining.causes.raised(alert, self.policy.hold_ms, now=True)  # also after a restart
        return steps + self._moved(alert, machine.judge(alert, rule, finding, at, self.policy), at)

    def pass_time(self, key: str, now: int) -> list[Transition]:
        """What time alone makes of an alert: ends of suppressions, clocks, and the truth that was owed."""
        alert = self.register.get(key)
        if alert is None:
            return []
        steps: list[Transition] = []
        rule = self.rule_of(alert)
        if rule is not None:
            alert = self.explaining.waits_on(alert, rule, now)
            steps = self._moved(alert, muting.lapse(alert, now, self.patience(rule, alert)), now)
            alert = self.register.get(key)
            if alert is None:
                return steps  # what suppressed it was all that kept it open
            if state_of(alert) in WAITING and alert.verdict is Verdict.BAD:
                alert = self._prepared(alert, rule, now)
        return steps + self._moved(alert, machine.pass_time(alert, rule, now, self.policy), now)

    def settle_flaps(self, key: str, now: int) -> list[Transition]:
        """Take the suppression off what has not changed for long enough."""
        alert = self.register.get(key)
        address = key.partition("@")[2]
        flaps = self.flaps.pass_time(key, address, now, self._interval(address))
        return self._judge_flaps(alert, key, flaps, now)

    def act(self, alert: Alert, request: Request, now: int) -> tuple[Transition | Refused, list[Transition]]:
        """Do what an operator asks of an alert, or say why not; with the steps that follow from it."""
        rule = self.rule_of(alert)
        step = machine.ask(alert, request, now, self.patience(rule, alert))
        if isinstance(step, Refused):
            return step, []
        return step, self._moved(alert, (step.alert, step), now)[1:]

    def end_all(self, address: str, event: Event, now: int) -> list[Transition]:
        """End every alert of a subject for a reason that is not recovery."""
        steps: list[Transition] = []
        for key in self.register.of_device(address):
            alert = self.register.get(key)
            if alert is not None:
                steps += self._moved(alert, machine.move(alert, event, now), now)
        return steps

    def begin_quiet(self, quiets: Iterable[Quiet], now: int) -> list[Transition]:
        """Suppress the alerts that these cover now."""
        steps: list[Transition] = []
        only = list(quiets)
        for alert in list(self.register.alerts.values()):
            if alert.condition is Condition.PENDING:
                continue  # it is asked again when it fires
            for why in self.quiets.covering(alert, now, only):
                before = self.register.get(alert.key)
                if before is not None:
                    steps += self._moved(before, muting.suppress(before, why, now), now)
        return steps

    def end_quiet(self, quiet: Quiet, now: int) -> list[Transition]:
        """Take a silence or window off every alert, as it was ended early or changed."""
        steps: list[Transition] = []
        for alert in list(self.register.alerts.values()):
            patience = self.patience(self.rule_of(alert), alert)
            steps += self._moved(alert, muting.release(alert, kind_of(quiet), quiet.id, now, patience), now)
        return steps

    def rule_of(self, alert: Alert) -> Rule | None:
        """Its rule, if that still judges what the alert is about."""
        rule = self.index.rules.get(alert.rule)
        if rule is None or rule.metric != alert.metric:
            return None
        if alert.subject != "device":
            scale = rule.outage.over if rule.outage is not None else "rule"
            return rule if scale == alert.subject else None
        return rule if rule.family in (None, alert.device.split("/", 2)[1]) and rule.outage is None else None

    def patience(self, rule: Rule | None, alert: Alert) -> int | None:
        """How long to wait for an observation that may never come; None where one will, or means nothing."""
        if rule is None or rule.subject in (Subject.METRIC, Subject.SERIES):
            return None
        return 3 * self._interval(alert.device) + self.policy.grace_ms

    def _moved(self, before: Alert, moved: machine.Moved, at: int) -> list[Transition]:
        """Keep the alert as it now is, and let follow what follows from its step."""
        after, step = moved
        self.register.keep(after)
        self.explaining.causes.heard(after, at)
        steps = [] if step is None else [step]
        if step is not None:
            steps += self._follow(before, step)
        if after.freed_at is not None and (kept := self.register.get(after.key)) is not None:
            told, truth = machine.tell_truth(kept, at)
            self.register.keep(told)
            steps += [] if truth is None else [truth]
        return steps

    def _follow(self, before: Alert, step: Transition) -> list[Transition]:
        after, at = step.alert, step.at
        if step.cause == Event.LATER.name.lower():
            return self._succeed(before, after, at)
        began = after.condition in ACTIVE and (before.condition not in ACTIVE or before.version == 0)
        ended = before.condition in ACTIVE and before.version > 0 and after.condition not in ACTIVE
        if began:
            self.health.came(after.rule, after.key, at)
        explains = after.subject not in ("device", "rule") or self.index.explained_by(after.rule)
        if not explains or not (began or ended):
            return []
        self.explaining.causes.raised(after, self.policy.hold_ms, now=began)
        return self._absorb(after, at) if began else self._release(after, at)

    def _succeed(self, before: Alert, after: Alert, at: int) -> list[Transition]:
        """Past the reopen window a new alert begins in the old one's place."""
        rule = self.index.rules[after.rule]
        young = self._bear(rule, after.device, after.area, at)
        young = replace(young, timer=before.timer, since=before.timer or at)
        young = self._prepared(young, rule, at)
        finding = Finding(Verdict.BAD, after.value, after.reason, after.severity)
        return self._moved(young, machine.judge(young, rule, finding, at, self.policy), at)

    def _absorb(self, outage: Alert, at: int) -> list[Transition]:
        """An outage begins: from now on it speaks for the alerts it explains."""
        steps: list[Transition] = []
        for child in self.explaining.explained(outage):
            steps += self._moved(child, muting.absorb(child, outage, at), at)
        return steps

    def _release(self, outage: Alert, at: int) -> list[Transition]:
        """An outage is over: each of its alerts waits for an observation of its own."""
        steps: list[Transition] = []
        for key in self.register.children(outage.id):
            child = self.register.get(key)
            if child is not None:
                rule = self.rule_of(child)
                waits = self.patience(rule, child), self._memory(rule)
                steps += self._moved(child, muting.release(child, Mute.PARENT, outage.id, at, *waits), at)
        return steps

    def _memory(self, rule: Rule | None) -> int:
        """How long a rule goes on seeing what is over; for a while only, since someone must hear in the end."""
        if rule is None or rule.subject is not Subject.SERIES:
            return 0
        window_ms: int = rule.test.window_ms
        return min(window_ms, self.policy.longest_hold_ms)

    def _prepared(self, alert: Alert, rule: Rule, at: int) -> Alert:
        """An alert that is about to fire, with what suppresses it from its first message on."""
        ripe = rule.for_ms == 0 if alert.timer is None else at - alert.timer >= rule.for_ms
        if not ripe or (alert.condition in ACTIVE and state_of(alert) is not State.NONE):
            return alert
        found = [each for each in alert.suppressions if each.kind is Mute.SHELVED]
        found += self.quiets.covering(alert, at)
        flaps = self.flaps.get(alert.key)
        if flaps is not None and flaps.flapping:
            found.append(Suppression(Mute.FLAPPING, "", at))
        if rule.outage is not None:
            self.explaining.causes.raised(alert, self.policy.hold_ms, now=True)
            alert = replace(alert, thread=self.explaining.thread(alert))
        cause = self.explaining.cause(rule, alert)
        if cause is not None:
            found.append(Suppression(Mute.PARENT, cause.id, at))
            alert = replace(alert, parent=cause.id)
        elif (until := self.explaining.held_until(alert, rule, at)) > at:
            found.append(Suppression(Mute.HELD, "", at, until))
        return replace(alert, suppressions=tuple(found), freed_at=None if found else alert.freed_at)

    def _shake(self, alert: Alert | None, key: str, device: Device, verdict: Verdict, at: int) -> list[Transition]:
        """Count an evaluation for flapping."""
        if verdict not in (Verdict.BAD, Verdict.GOOD):
            return []
        interval = self._interval(device.address)
        flaps = self.flaps.seen(key, device.address, at, interval, bad=verdict is Verdict.BAD)
        return self._judge_flaps(alert, key, flaps, at)

    def _judge_flaps(self, alert: Alert | None, key: str, flaps: Flaps | None, at: int) -> list[Transition]:
        flapping = flaps is not None and flaps.flapping
        self.register.remind(FLAP + key, flaps.steady_at(self._interval(key.partition("@")[2])) if flaps else None)
        if alert is None or flapping == alert.muted_by(Mute.FLAPPING):
            return []
        if not flapping:
            return self._moved(alert, muting.release(alert, Mute.FLAPPING, None, at, None), at)
        if alert.condition is Condition.PENDING:
            return []  # it is asked again when it fires
        self.health.of(alert.rule).flapping += 1
        return self._moved(alert, muting.suppress(alert, Suppression(Mute.FLAPPING, "", at), at), at)

    def _common_area(self, outage: Alert) -> str | None:
        """The one area in which all devices of an outage stand."""
        devices, _ = self.explaining.causes.members(outage)
        areas = {self._devices[each].area for each in devices if each in self._devices}
        return areas.pop() if len(areas) == 1 else None

    def _due(self, alert: Alert) -> int | None:
        times = (due(alert, self.rule_of(alert), self.policy), free_at(alert))
        return min((time for time in times if time is not None), default=None)

    def _interval(self, address: str) -> int:
        device = self._devices.get(address)
        return _INTERVAL_MS if device is None or not device.interval_s else int(device.interval_s * 1000)

    def _bear(self, rule: Rule, address: str, area: str | None, at: int) -> Alert:
        """An alert that has not begun. Engines that hear the same name it alike, and so keep it once."""
        if at != self._births_at:
            self._births, self._births_at = Counter(), at
        key = f"{rule.name}@{address}"
        self._births[key] += 1
        return machine.born(rule, address, area, at, name(f"{key}@{at}@{self._births[key]}", at))

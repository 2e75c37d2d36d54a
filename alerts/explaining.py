"""Says which alert explains another, which alerts one explains, and how long a first message waits for that.

Pure queries over the open alerts and the causes; the docket acts on the answers. Life-safety (`urgent`) rules are
never explained and never wait.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from alerts.causes import Causes
from alerts.domains import Grounds
from alerts.events import Policy
from alerts.index import RuleIndex
from alerts.model import Alert, Condition, Mute
from alerts.register import Register
from alerts.rule import Rule, Subject

ACTIVE: Final = (Condition.FIRING, Condition.RECOVERING)


class Explaining:
    """The causes under one set of rules."""

    def __init__(self, index: RuleIndex, grounds: Grounds, register: Register, policy: Policy) -> None:
        self.causes = Causes(index, grounds)
        self._index = index
        self._register = register
        self._policy = policy

    def cause(self, rule: Rule, alert: Alert) -> Alert | None:
        """The alert that explains this one now: one of the same device, or an outage."""
        for key in self._explanations(rule, alert):
            found = self._register.get(key)
            if found is not None and found.condition in ACTIVE:
                return found
        return None

    def explained(self, cause: Alert) -> list[Alert]:
        """The alerts that this one explains now."""
        rule = self._index.rules[cause.rule]
        subjects = [cause.device] if rule.outage is None else self.causes.holds(cause)
        rules = [each.name for each in self._index.explained_by(cause.rule) if not each.urgent]
        keys = [f"{name}@{subject}" for name in rules for subject in subjects]
        mine = [alert for key in keys if (alert := self._register.get(key)) is not None and alert.condition in ACTIVE]
        if rule.outage is None:
            return mine
        devices, outages = self.causes.members(cause)
        keys = [*outages, *(key for device in devices for key in self._register.of_device(device))]
        found = [alert for key in keys if (alert := self._register.get(key)) is not None]
        mine += [alert for alert in found if alert.condition in ACTIVE and self._shares(alert, rule)]
        return mine

    def thread(self, outage: Alert) -> str | None:
        """The thread of the first of its alerts that people were told of: an outage found late goes on with it."""
        told = [child for child in self.explained(outage) if child.believed]
        first = min(told, key=lambda child: child.since, default=None)
        return None if first is None else first.thread or first.id

    def held_until(self, alert: Alert, rule: Rule, at: int) -> int:
        """Until when a first message waits for a cause that explains many."""
        if rule.urgent or alert.believed:
            return at
        if rule.outage is not None or not _explicable(rule):
            return self._larger_due(rule, alert, at)
        if not self.causes.watches(rule, alert.device):
            return self._larger_due(rule, alert, at)
        return max((at if alert.timer is None else alert.timer) + self._policy.hold_ms, self._develops(rule, alert, at))

    def waits_on(self, alert: Alert, rule: Rule, now: int) -> Alert:
        """A held alert whose wait is over waits on where an outage that would explain it is about to begin."""
        held = next((each for each in alert.suppressions if each.kind is Mute.HELD), None)
        if held is None or held.until is None or held.until > now:
            return alert
        until = max(self._larger_due(rule, alert, now), self._develops(rule, alert, now))
        if until <= now:
            return alert
        others = tuple(each for each in alert.suppressions if each is not held)
        return replace(alert, suppressions=(*others, replace(held, until=until)))

    def _explanations(self, rule: Rule, alert: Alert) -> Iterator[str]:
        """The keys of the alerts that may explain this one, the nearest first."""
        if rule.urgent:
            return
        for name in rule.explained_by:
            yield f"{name}@{alert.device}"
            yield from self.causes.holding(name, alert.device)
        if _explicable(rule):
            yield from self.causes.explanations(rule, alert)

    def _develops(self, rule: Rule, alert: Alert, now: int) -> int:
        """Until when more may fail and make it one cause; for a while only, since someone must hear in the end."""
        if rule.outage is not None:
            return now
        until = self.causes.develops_until(rule, alert.device, now, self._policy.gather_ms)
        return min(until, alert.since + self._policy.longest_hold_ms)

    def _larger_due(self, rule: Rule, alert: Alert, now: int) -> int:
        """When an alert that would explain it, and is only waiting for its time, begins; `now` where none is."""
        for key in self._explanations(rule, alert):
            outage = self._register.get(key)
            if outage is not None and outage.condition is Condition.PENDING and outage.timer is not None:
                return max(now + 1, outage.timer + self._index.rules[outage.rule].for_ms)
        return now

    def _shares(self, alert: Alert, cause: Rule) -> bool:
        rule = self._index.rules.get(alert.rule)
        if rule is None or rule.urgent or not _explicable(rule):
            return False
        return rule.fault == cause.fault or (cause.outage is not None and rule.name in cause.outage.of)


def _explicable(rule: Rule) -> bool:
    """Whether an outage may explain it: absences, single metrics, and smaller outages."""
    return rule.subject in (Subject.METRIC, Subject.DOMAIN) or rule.kind == "absence"

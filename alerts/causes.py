"""Knows which outage explains an alert, and which alerts an outage explains.

Pure: it counts (`alerts.rootcause`) and answers; what becomes of alerts is the docket's affair.
"""

from collections.abc import Collection, Iterable, Iterator

from alerts.domains import Grounds
from alerts.index import RuleIndex
from alerts.model import Alert, Condition, Verdict
from alerts.rootcause import Census, Domain
from alerts.rule import Finding, Rule
from ingest.model import Admission, Device

Found = tuple[Rule, Device, Finding]
_OPEN = (Condition.PENDING, Condition.FIRING, Condition.RECOVERING)
_BAD_NOW = (Condition.PENDING, Condition.FIRING)
_BAD = {Verdict.BAD: True, Verdict.GOOD: False, Verdict.UNKNOWN: None}


class Causes:
    """The censuses of all faults over the ground; outage rules that judge one device alike share one.

    What `place` and `note` change is remembered until `findings` tells it.
    """

    def __init__(self, index: RuleIndex, grounds: Grounds) -> None:
        self._grounds = grounds
        self._ill: dict[str, set[str]] = {}  # the rules that have an alert of a device, of those that outages count
        self._alibis = {rule.outage.alibi: set[str]() for rule in index.outages if rule.outage and rule.outage.alibi}
        by_test: dict[tuple[str, object], list[Rule]] = {}
        for rule in index.outages:
            by_test.setdefault((rule.fault, rule.test), []).append(rule)
        self._censuses = [Census(rules, self._alibis) for rules in by_test.values()]
        self._by_fault: dict[str, list[Census]] = {}
        self._counting: dict[str, list[Census]] = {}  # by the rule whose alerts they count
        self._families: dict[str, str | None] = {name: rule.family for name, rule in index.rules.items()}
        self._of_rule: dict[str, Census] = {}
        for census in self._censuses:
            self._by_fault.setdefault(census.rules[0].fault, []).append(census)
            for counted in census.of:
                self._counting.setdefault(counted, []).append(census)
            self._of_rule |= {rule.name: census for rule in census.rules}
        self._changed: dict[int, tuple[Census, Domain]] = {}

    def place(self, device: Device, at: int) -> None:
        """Say where a device stands now, well until heard otherwise; one that is not admitted stands nowhere."""
        for census in self._censuses:
            homes = [
                (rule, name)
                for rule in census.rules
                if rule.outage and rule.family in (None, device.family) and device.admission is Admission.ADMITTED
                for name in self._grounds.domains(device, rule.outage.over)
            ]
            left = census.place(device.address, homes)
            if left is None:
                continue
            self._note(census, left)
            if self._counts(census, device):
                changed = census.note(device.address, at, bad=self._is_ill(census, device.address))
                self._note(census, changed if census.of else ())

    def note(self, rule: Rule, device: Device, finding: Finding, at: int) -> None:
        """Count a device by what an outage rule's test says of it; the rules of one census all say the same."""
        census = self._of_rule[rule.name]
        if finding.verdict is Verdict.BETWEEN:
            return
        bad = _BAD[finding.verdict]
        if bad is False and self._has_alibi(census, device.address):
            bad = None
        self._note(census, census.note(device.address, at, bad=bad))

    def findings(self, at: int) -> Iterator[Found]:
        """What to make of the domains that changed, as seen when all of it is known."""
        changed, self._changed = self._changed, {}
        for census in self._censuses:
            for domain, finding in census.findings([each for mine, each in changed.values() if mine is census], at):
                kind, _, name = domain.name.partition(":")
                area = name if kind == "area" else None
                yield domain.rule, Device(domain.name, Admission.ADMITTED, area=area), finding

    def explanations(self, rule: Rule, alert: Alert) -> Iterator[str]:
        """The keys of the outages that may explain an alert, the smallest first."""
        if rule.outage is None:
            for census in self._over(rule):
                yield from (domain.key for domain in census.homes(alert.device))
        elif (domain := self._of_rule[rule.name].get(alert.key)) is not None:
            yield from (each.key for each in self._of_rule[rule.name].around(domain))

    def holding(self, outage: str, device: str) -> Iterator[str]:
        """The keys of an outage rule's domains that hold a device, be it bad or not."""
        yield from (domain.key for domain in self._held(outage, device))

    def holds(self, alert: Alert) -> Collection[str]:
        """The devices in an outage's domain, bad or not; none where it is no outage's."""
        domain = self._domain(alert)
        return () if domain is None else domain.places

    def heard(self, alert: Alert, at: int) -> None:
        """An alert changed: outages may count it, and it may be an alibi for one."""
        self._count_alibi(alert, at, has=alert.condition in _OPEN)
        counting = self._counting.get(alert.rule)
        if counting is None:
            return
        has = alert.condition in _BAD_NOW
        ill = self._ill.setdefault(alert.device, set())
        if (alert.rule in ill) == has:
            return
        (ill.add if has else ill.discard)(alert.rule)
        for census in counting:
            self._note(census, census.note(alert.device, at, bad=self._is_ill(census, alert.device)))

    def _count_alibi(self, alert: Alert, at: int, *, has: bool) -> None:
        """Who has an alibi is struck itself, and no sign of health. What it may have hidden is looked at anew."""
        known = self._alibis.get(alert.rule)
        if known is None or (alert.device in known) == has:
            return
        (known.add if has else known.discard)(alert.device)
        for census in (each for each in self._censuses if alert.rule in each.alibis):
            if not census.is_bad(alert.device):
                self._note(census, census.note(alert.device, at, bad=None if has else False))
            self._note(census, census.around_device(alert.device))

    def watches(self, rule: Rule, device: str) -> bool:
        """Whether an outage may yet come to explain this device's alert by this rule."""
        if any(census.watches(device) for census in self._over(rule)):
            return True
        return any(True for _ in self._named(rule, device))

    def members(self, alert: Alert) -> tuple[list[str], list[str]]:
        """The devices that an outage explains, and the keys of smaller outages within it."""
        domain = self._domain(alert)
        if domain is None:
            return [], []
        census = self._of_rule[alert.rule]
        explained = [device for device, since in domain.fresh.items() if since >= domain.onset]
        return explained, [each.key for each in census.inside(domain)]

    def develops_until(self, rule: Rule, device: str, at: int, pace_ms: int) -> int:
        """Until when an outage that would explain this device may still come; `at` where none may."""
        homes = (home for census in self._over(rule) for home in census.homes(device))
        return max((home.develops_until(at, pace_ms) for home in (*homes, *self._named(rule, device))), default=at)

    def raised(self, alert: Alert, pace_ms: int, *, now: bool) -> None:
        """An outage began, or is over."""
        domain = self._domain(alert)
        if domain is not None:
            self._of_rule[alert.rule].raised(domain, pace_ms, now=now)

    def _held(self, outage: str, device: str) -> Iterator[Domain]:
        if (census := self._of_rule.get(outage)) is not None:
            yield from (domain for domain in census.holding(device) if domain.rule.name == outage)

    def _named(self, rule: Rule, device: str) -> Iterator[Domain]:
        """The domains that hold a device, of the outages which its rule names."""
        return (domain for name in rule.explained_by for domain in self._held(name, device))

    def _domain(self, alert: Alert) -> Domain | None:
        census = self._of_rule.get(alert.rule)
        return None if census is None else census.get(alert.key)

    def _over(self, rule: Rule) -> list[Census]:
        """Who may explain an alert of this rule: outages of the same fault, and those that count its alerts."""
        return [*self._by_fault.get(rule.fault, ()), *self._counting.get(rule.name, ())]

    def _counts(self, census: Census, device: Device) -> bool:
        """Whether this device can be bad at all."""
        if census.of:
            return any(self._families.get(name, "") in (None, device.family) for name in census.of)
        metric = census.rules[0].metric
        return metric is None or metric in device.metrics

    def _is_ill(self, census: Census, device: str) -> bool:
        return not self._ill.get(device, set()).isdisjoint(census.of)

    def _has_alibi(self, census: Census, device: str) -> bool:
        return any(device in self._alibis[rule] for rule in census.alibis)

    def _note(self, census: Census, changed: Iterable[Domain]) -> None:
        self._changed |= {id(domain): (census, domain) for domain in changed}

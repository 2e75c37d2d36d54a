"""Knows which outage explains an alert, and which alerts an outage explains.

Pure: it counts (`alerts.rootcause`) and answers; what becomes of alerts is the docket's affair.
"""

from collections.abc import Callable, Iterable, Iterator

from alerts.domains import Grounds
from alerts.index import RuleIndex
from alerts.model import Alert, Verdict
from alerts.rootcause import Census, Domain
from alerts.rule import Finding, Rule
from ingest.model import Admission, Device

Find = Callable[[str], Alert | None]
Found = tuple[Rule, Device, Finding]
_BAD = {Verdict.BAD: True, Verdict.GOOD: False, Verdict.UNKNOWN: None}


class Causes:
    """The censuses of all faults over the ground; outage rules that judge one device alike share one.

    What `place` and `note` change is remembered until `findings` tells it.
    """

    def __init__(self, index: RuleIndex, grounds: Grounds) -> None:
        self._grounds = grounds
        by_test: dict[tuple[str, object], list[Rule]] = {}
        for rule in index.outages:
            by_test.setdefault((rule.fault, rule.test), []).append(rule)
        self._censuses = [Census(rules) for rules in by_test.values()]
        self._by_fault: dict[str, list[Census]] = {}
        self._of_rule: dict[str, Census] = {}
        for census in self._censuses:
            self._by_fault.setdefault(census.rules[0].fault, []).append(census)
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
            metric = census.rules[0].metric
            left = census.place(device.address, homes)
            if left is None:
                continue
            self._note(census, left)
            if metric is None or metric in device.metrics:
                census.note(device.address, at, bad=False)

    def note(self, rule: Rule, device: Device, finding: Finding, at: int) -> None:
        """Count a device by what an outage rule's test says of it; the rules of one census all say the same."""
        census = self._of_rule[rule.name]
        if finding.verdict is not Verdict.BETWEEN:
            self._note(census, census.note(device.address, at, bad=_BAD[finding.verdict]))

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
            for census in self._by_fault.get(rule.fault, ()):
                yield from (domain.key for domain in census.homes(alert.device))
        elif (domain := self._of_rule[rule.name].get(alert.key)) is not None:
            yield from (each.key for each in self._of_rule[rule.name].around(domain))

    def watches(self, rule: Rule, device: str) -> bool:
        """Whether an outage may yet come to explain this device's alert by this rule."""
        return any(census.watches(device) for census in self._by_fault.get(rule.fault, ()))

    def members(self, alert: Alert) -> tuple[list[str], list[str]]:
        """The devices that an outage explains, and the keys of smaller outages within it."""
        census = self._of_rule.get(alert.rule)
        domain = None if census is None else census.get(alert.key)
        if census is None or domain is None:
            return [], []
        explained = [device for device, since in domain.fresh.items() if since >= domain.onset]
        return explained, [each.key for each in census.inside(domain)]

    def develops_until(self, rule: Rule, device: str, at: int, pace_ms: int) -> int:
        """Until when an outage that would explain this device may still come; `at` where none may."""
        homes = (home for census in self._by_fault.get(rule.fault, ()) for home in census.homes(device))
        return max((home.develops_until(at, pace_ms) for home in homes), default=at)

    def raised(self, alert: Alert, pace_ms: int, *, now: bool) -> None:
        """An outage began, or is over."""
        census = self._of_rule.get(alert.rule)
        domain = None if census is None else census.get(alert.key)
        if census is not None and domain is not None:
            census.raised(domain, pace_ms, now=now)

    def _note(self, census: Census, changed: Iterable[Domain]) -> None:
        self._changed |= {id(domain): (census, domain) for domain in changed}

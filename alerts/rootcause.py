"""Counts who is bad in each failure domain, and finds the smallest domain that explains it.

Pure: it answers with findings and with who belongs to which cause; it never touches an alert. A domain is a
candidate when enough of its devices are bad at once; it is explained by a smaller candidate that holds at least nine
tenths of its bad devices, unless that one has an alibi: a gateway that has lost the mains itself did not silence what
is behind it. Devices that were bad long before are left out: they have a trouble of their own.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from alerts.model import Verdict
from alerts.rule import Finding, Outage, Rule, Scale

EXPLAINS: Final = 0.9
DEVELOPS: Final = (3, 0.05)  # so many bad devices, and such a part of all, may become an outage
_TWO: Final = 2  # or two where they are its share already, as when new firmware goes out to one after the other
_SCALES: Final = {scale: rank for rank, scale in enumerate(Scale)}


@dataclass(slots=True, eq=False)
class Domain:
    """One domain as one rule sees it.

    Who stands there (places), who of them counts (members), who is bad now (fresh), and who was so long before (old).
    """

    rule: Rule
    name: str
    places: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    fresh: dict[str, int] = field(default_factory=dict)  # and since when
    old: set[str] = field(default_factory=set)
    order: deque[tuple[int, str]] = field(default_factory=deque)
    onset: int = 0  # while it is out: who was bad before this has a trouble of its own

    @property
    def key(self) -> str:
        """The key of its alert."""
        return f"{self.rule.name}@{self.name}"

    @property
    def outage(self) -> Outage:
        """What its rule says of it."""
        if self.rule.outage is None:
            raise ValueError(f"{self.rule.name} is no outage rule")
        return self.rule.outage

    @property
    def eligible(self) -> int:
        """How many could have failed."""
        return len(self.members) - len(self.old)

    @property
    def size(self) -> tuple[int, int, int, str]:
        """Smaller comes first; among equals, the one that never held more, then the more particular scale."""
        return (self.eligible, len(self.members), _SCALES[self.outage.over], self.name)

    def is_bad(self, device: str) -> bool:
        """Whether it is bad, be it since long."""
        return device in self.fresh or device in self.old

    def age(self, at: int) -> None:
        """Leave out those bad for longer than the window."""
        while self.order and self.order[0][0] < at - self.outage.window_ms:
            since, device = self.order.popleft()
            if self.fresh.get(device) == since:
                del self.fresh[device]
                self.old.add(device)

    def develops_until(self, at: int, pace_ms: int) -> int:
        """Until when an outage may still come of it if nobody more fails; `at` where none may."""
        bad = len(self.fresh)
        many = bad >= max(DEVELOPS[0], DEVELOPS[1] * self.eligible)
        if not self.order or not (many or (bad >= _TWO and bad >= self.outage.share * self.eligible)):
            return at
        return max(at, self.order[-1][0] + pace_ms)

    def begin(self, pace_ms: int) -> None:
        """It is out: find when it began. A tenth may have failed before for reasons of their own."""
        times = sorted(self.fresh.values())
        early, middle = times[len(times) // 10], times[len(times) // 2]
        self.onset = early - max(pace_ms, middle - early)

    def verdict(self, excused: int = 0) -> Verdict:
        """What the numbers say without so many of the bad."""
        bad, eligible, outage = len(self.fresh) - excused, self.eligible - excused, self.outage
        share = bad / eligible if eligible else 0.0
        if share >= outage.share and bad >= outage.at_least:
            return Verdict.BAD
        if outage.all_of is not None and bad == eligible and bad >= outage.all_of:
            return Verdict.BAD
        return Verdict.GOOD if share < outage.clear_share or not bad else Verdict.BETWEEN

    def witnessed(self) -> bool:
        """Whether one that could not be heard if this were out is heard."""
        family = f"/{self.outage.witness}/"
        return self.outage.witness is not None and any(
            family in each and not self.is_bad(each) for each in self.members
        )

    def explains(self, other: "Domain") -> bool:
        """Whether its bad devices are most of the other's."""
        return bool(other.fresh) and self.shared(other) >= EXPLAINS * len(other.fresh)

    def shared(self, other: "Domain") -> int:
        """How many are freshly bad in both."""
        return len(self.fresh.keys() & other.fresh.keys())


class Census:
    """All domains of all outage rules of one fault. `place` and `note` give the domains whose numbers changed.

    `alibis` are, by rule, the devices that have one now; whoever gives them keeps them up to date.
    """

    def __init__(self, rules: Iterable[Rule], alibis: Mapping[str, Collection[str]]) -> None:
        self.rules = tuple(rules)
        self.of = self.rules[0].outage.of if self.rules[0].outage else ()  # the rules whose alerts are counted
        self.alibis = {rule.outage.alibi for rule in self.rules if rule.outage and rule.outage.alibi}
        self._with_alibi = alibis
        self._domains: dict[str, Domain] = {}
        self._of: dict[str, list[Domain]] = {}
        self._candidates: dict[str, Domain] = {}
        self._raised: dict[str, Domain] = {}  # while it lasts, nobody in it grows old

    def place(self, device: str, homes: Iterable[tuple[Rule, str]]) -> list[Domain] | None:
        """Say where a device stands; moving it takes it, and its trouble, out of where it stood. None: as before."""
        wanted = [self._domain(rule, name) for rule, name in homes]
        stood = self._of.get(device, [])
        if [each.key for each in wanted] == [each.key for each in stood]:
            return None
        left = [domain for domain in stood if domain not in wanted]
        for domain in left:
            _forget(domain, device)
            domain.places.discard(device)
        for domain in wanted:
            domain.places.add(device)
        self._of[device] = wanted
        return left

    def note(self, device: str, at: int, *, bad: bool | None) -> list[Domain]:
        """A device is bad, good, or (None) nobody knows: then it counts for nothing."""
        changed: list[Domain] = []
        for domain in self._of.get(device, ()):
            known, worse = device in domain.members, domain.is_bad(device)
            if known == (bad is not None) and worse == bool(bad):
                continue
            _forget(domain, device)
            if bad is not None:
                domain.members.add(device)
            if bad:
                domain.fresh[device] = at
                domain.order.append((at, device))
            changed.append(domain)
        return changed

    def findings(self, changed: Iterable[Domain], at: int) -> Iterator[tuple[Domain, Finding]]:
        """What to make of the domains that changed, the smallest first: a cause comes before what it explains."""
        domains = list(changed)
        for domain in domains:
            if domain.key not in self._raised:
                domain.age(at)
            if self._verdict(domain) is Verdict.BAD:
                self._candidates[domain.key] = domain
            else:
                self._candidates.pop(domain.key, None)
        for domain in sorted(domains, key=lambda each: each.size):
            verdict = self._verdict(domain)
            if verdict is Verdict.BAD and self._explained(domain):
                verdict = Verdict.BETWEEN
            yield domain, Finding(verdict, len(domain.fresh), f"{len(domain.fresh)}/{domain.eligible}")

    def homes(self, device: str) -> list[Domain]:
        """The domains in which a device is now freshly bad, the smallest first."""
        homes = (each for each in self._of.get(device, ()) if each.fresh.get(device, each.onset - 1) >= each.onset)
        return sorted(homes, key=lambda each: each.size)

    def holding(self, device: str) -> list[Domain]:
        """All domains in which a device stands, however it fares."""
        return self._of.get(device, [])

    def is_bad(self, device: str) -> bool:
        """Whether a device is bad, be it since long."""
        return any(each.is_bad(device) for each in self.holding(device))

    def around_device(self, device: str) -> list[Domain]:
        """The domains in which a device stands, those named after it, and all that share a device with one of these."""
        named = (each for each in self._domains.values() if each.name.partition(":")[2] == device)
        near = {each.key: each for each in (*named, *self._of.get(device, ()))}
        placed = {device for each in near.values() for device in each.places}
        return list({each.key: each for device in placed for each in self._of[device]}.values())

    def watches(self, device: str) -> bool:
        """Whether some domain may come to explain it."""
        return bool(self._of.get(device))

    def around(self, domain: Domain) -> list[Domain]:
        """The larger domains that are or may soon be out and hold most of its bad devices, the smallest first."""
        out = {**self._candidates, **self._raised}
        larger = (each for each in out.values() if each.size > domain.size and _within(domain, each))
        return sorted(larger, key=lambda each: each.size)

    def inside(self, domain: Domain) -> list[Domain]:
        """The smaller domains that are out and have most of their bad devices in this one."""
        return [each for each in self._raised.values() if each.size < domain.size and _within(each, domain)]

    def raised(self, domain: Domain, pace_ms: int, *, now: bool) -> None:
        """Its outage began, or is over."""
        if not now:
            self._raised.pop(domain.key, None)
            domain.onset = 0
        elif domain.key not in self._raised and domain.fresh:
            self._raised[domain.key] = domain
            domain.begin(pace_ms)

    def get(self, key: str) -> Domain | None:
        """The domain of an alert's key."""
        return self._domains.get(key)

    def _explained(self, domain: Domain) -> bool:
        spared = self._spared(domain)
        others = (each for each in self._candidates.values() if each is not domain and each.explains(domain))
        return any((spared or each.size < domain.size) and not self._spared(each) for each in others)

    def _verdict(self, domain: Domain) -> Verdict:
        """Whom an alibi excuses does not count against a domain for which it is one; a witness speaks for it."""
        excused = sum(each in domain.fresh for each in self._excused(domain))
        verdict = domain.verdict(excused)
        if verdict is Verdict.BAD and domain.witnessed():
            return Verdict.BETWEEN
        return verdict

    def _spared(self, domain: Domain) -> bool:
        """Whether what it is named after, or a device in it, has an alibi."""
        name = domain.name.partition(":")[2]
        return any(each == name or each in domain.places for each in self._excused(domain))

    def _excused(self, domain: Domain) -> Collection[str]:
        """The devices, here or elsewhere, that have what is an alibi for this domain."""
        return self._with_alibi.get(domain.outage.alibi or "", ())

    def _domain(self, rule: Rule, name: str) -> Domain:
        return self._domains.setdefault(f"{rule.name}@{name}", Domain(rule, name))


def _within(inner: Domain, outer: Domain) -> bool:
    """Whether most of the inner's bad devices are bad in the outer; one that has none any more lies within nothing."""
    return bool(inner.fresh) and inner.shared(outer) >= EXPLAINS * len(inner.fresh)


def _forget(domain: Domain, device: str) -> None:
    domain.members.discard(device)
    domain.fresh.pop(device, None)
    domain.old.discard(device)

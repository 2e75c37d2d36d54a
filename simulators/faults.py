"""What goes wrong at a site, and when: written scenarios and seeded chance.

Decides the whole course of faults in advance from seed and start, so that a run can be repeated and scored. A fault by
chance is a single ill of a single device, the worn ones first, and no device has two at a time. A written ill befalls
one that no larger fault has in its grip then: what is dark already has nothing else to tell.
"""

from collections.abc import Iterator, Sequence
from heapq import merge

from simulators.chance import chance
from simulators.device import APART, Ill
from simulators.dialect import can_be_known
from simulators.population import Identity
from simulators.scenario import Scenario
from simulators.tables import nearest
from simulators.trouble import Case, Written, find_troubles
from simulators.truth import Expect, Fault, Scope, Strike, Where


def foresee(scenario: Scenario, identities: Sequence[Identity], seed: int, start: float) -> Iterator[Fault]:
    """Every fault of a run in order of its beginning, without end where chance plays a part."""
    scripted = list(_written(scenario, identities, seed, start))
    return merge(sorted(scripted, key=_beginning), _chances(scenario, identities, seed, start), key=_beginning)


def _chances(scenario: Scenario, identities: Sequence[Identity], seed: int, start: float) -> Iterator[Fault]:
    """Faults as rain falls: independent of one another, `per_hour` on average; worn devices draw more of them."""
    prone = [each for each in identities if each.kind.ills]
    if not scenario.per_hour or not prone:
        return
    rng, now = chance(seed, "faults"), start + scenario.first_after_s
    weights = [1 + 2 * each.wear for each in prone]
    busy: dict[str, float] = {}
    while True:
        device = rng.choices(prone, weights)[0]
        ill = rng.choice(device.kind.ills)
        ends = now + rng.uniform(*ill.lasts)
        if busy.get(device.address, 0.0) < now:
            busy[device.address] = ends
            yield _single(ill, device, now, ends, identities)
        now += rng.expovariate(scenario.per_hour / 3600)


def _written(scenario: Scenario, identities: Sequence[Identity], seed: int, start: float) -> Iterator[Fault]:
    """Choose whom each written fault befalls: by the seed, among those it may befall; those with many victims first."""
    cases = [
        Case(each, identities, chance(seed, each.kind, each.at_s), start + each.at_s, start + each.at_s + each.lasts_s)
        for each in scenario.written
    ]
    troubles, gripped = find_troubles(), list[Strike]()
    for case in cases:
        if (trouble := troubles.get(case.written.kind)) is not None:
            for fault in trouble.unfold(case):
                gripped += fault.strikes
                yield fault
    for case in cases:
        if case.written.kind not in troubles:
            yield _befalls(case, gripped)


def _befalls(case: Case, gripped: Sequence[Strike]) -> Fault:
    busy = {each.device.address for each in gripped if each.begins < case.ends and case.begins < each.ends}
    may = [(each, ill) for each in case.identities for ill in each.kind.ills if _may(case.written, each, ill)]
    if not may:
        raise case.written.wrong(_nobody(case.written, case.identities))
    free = [(each, ill) for each, ill in may if each.address not in busy]
    device, ill = case.rng.choice(free or may)
    return _single(ill, device, case.begins, case.ends, case.identities)


def _nobody(written: Written, identities: Sequence[Identity]) -> str:
    known = {ill.name for each in identities for ill in each.kind.ills} | set(find_troubles())
    if written.kind in known:
        return f"no device here fits '{written.kind}'"
    return f"unknown kind '{written.kind}'{nearest(written.kind, known)}"


def _may(written: Written, device: Identity, ill: Ill) -> bool:
    wanted = (written.kind, written.family, written.area)
    found = (ill.name, device.kind.family, device.area)
    fits = all(want in {None, have} for want, have in zip(wanted, found, strict=True))
    return fits and (written.device is None or device.address.endswith(f"/{written.device}"))


def _single(ill: Ill, device: Identity, begins: float, ends: float, identities: Sequence[Identity]) -> Fault:
    """One device's ill; a gateway that goes dark cuts off all behind it."""
    is_gateway = device.kind.family == "gateway"
    behind = [each for each in identities if each.gateway == device.id] if is_gateway and ill.effect == "dark" else []
    strikes = [Strike(ill, device, begins, ends), *(Strike(APART, each, begins, ends) for each in behind)]
    rules = tuple(rule.format(family=device.kind.family) for rule in ill.rules)
    scope: Scope = "gateway" if is_gateway else "device"
    expect = Expect(scope, device.address, rules, ill.severity) if can_be_known(ill, device) else None
    gateway = device.address if is_gateway else _gateway_of(device)
    return Fault(ill.name, begins, ends, Where((device.area,), gateway=gateway), expect, tuple(strikes))


def _gateway_of(device: Identity) -> str | None:
    return f"{device.address.partition('/')[0]}/gateway/{device.gateway}" if device.gateway else None


def _beginning(fault: Fault) -> float:
    return fault.begins

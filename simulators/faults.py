"""What goes wrong at a site, and when: written scenarios and seeded chance.

Decides the whole course of faults in advance from seed and start, so that a run can be repeated and scored; each fault
is a single ill of a single device, and no device has two at a time by chance.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge

from simulators.chance import chance
from simulators.device import Ill
from simulators.population import Identity
from simulators.tables import Table, find_file, nearest, read_table
from simulators.truth import Fault

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Written:
    """A fault of a scenario: `device`, `family` and `area` narrow down whom it may befall; times are seconds."""

    ill: str
    device: str | None
    family: str | None
    area: str | None
    at_s: float
    lasts_s: float
    wrong: Callable[[str], Exception]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a scenario file says."""

    written: tuple[Written, ...] = ()
    per_hour: float = 0.0
    first_after_s: float = 0.0
    order_failures: float = 0.0


def load_scenario(name: str) -> Scenario:
    """The scenario of that name or file; UnusableError tells what is wrong with it."""
    table = read_table(find_file(name, "scenarios"), ("title", "order_failures", "random", "fault"))
    chance = table.table("random", ("per_hour", "first_after_s"))
    rows = table.tables("fault", ("kind", "device", "family", "area", "at_s", "lasts_s"))
    return Scenario(
        written=tuple(map(_written, rows)),
        per_hour=chance.number("per_hour", 0, 3600, 0),
        first_after_s=chance.number("first_after_s", 0, DAY_S, 0),
        order_failures=table.number("order_failures", 0, 1, 0),
    )


def foresee(scenario: Scenario, identities: Sequence[Identity], seed: int, start: float) -> Iterator[Fault]:
    """Every fault of a run in order of its beginning, without end where chance plays a part."""
    scripted = sorted((_befall(each, identities, seed, start) for each in scenario.written), key=_beginning)
    return merge(scripted, _chances(scenario, identities, seed, start), key=_beginning)


def _chances(scenario: Scenario, identities: Sequence[Identity], seed: int, start: float) -> Iterator[Fault]:
    """Faults as rain falls: independent of one another, `per_hour` on average."""
    if not scenario.per_hour or not identities:
        return
    rng, now = chance(seed, "faults"), start + scenario.first_after_s
    busy: dict[str, float] = {}
    while True:
        device = rng.choice(identities)
        ill = rng.choice(device.kind.ills)
        ends = now + rng.uniform(*ill.lasts)
        if busy.get(device.address, 0.0) < now:
            busy[device.address] = ends
            yield _fault(ill, device, now, ends, identities)
        now += rng.expovariate(scenario.per_hour / 3600)


def _befall(written: Written, identities: Sequence[Identity], seed: int, start: float) -> Fault:
    """Choose whom a written fault befalls: by the seed, among those it may befall."""
    candidates = [(each, ill) for each in identities for ill in each.kind.ills if _may(written, each, ill)]
    if not candidates:
        known = {ill.name for each in identities for ill in each.kind.ills}
        hint = f"no device here fits '{written.ill}'"
        raise written.wrong(
            hint if written.ill in known else f"unknown kind '{written.ill}'{nearest(written.ill, known)}"
        )
    device, ill = chance(seed, written.ill, written.at_s).choice(candidates)
    begins = start + written.at_s
    return _fault(ill, device, begins, begins + written.lasts_s, identities)


def _may(written: Written, device: Identity, ill: Ill) -> bool:
    wanted = (written.ill, written.family, written.area)
    found = (ill.name, device.kind.family, device.area)
    fits = all(want in {None, have} for want, have in zip(wanted, found, strict=True))
    return fits and (written.device is None or device.address.endswith(f"/{written.device}"))


def _fault(ill: Ill, device: Identity, begins: float, ends: float, identities: Sequence[Identity]) -> Fault:
    vanishes = device.kind.family == "gateway" and ill.effect == "dark"
    behind = tuple(each.address for each in identities if each.gateway == device.id) if vanishes else ()
    return Fault(ill, device, begins, ends, behind)


def _written(row: Table) -> Written:
    def perhaps(key: str) -> str | None:
        return row.text(key) if key in row.values else None

    return Written(
        ill=row.text("kind"),
        device=perhaps("device"),
        family=perhaps("family"),
        area=perhaps("area"),
        at_s=row.number("at_s", 0, 30 * DAY_S),
        lasts_s=row.number("lasts_s", 1, 30 * DAY_S),
        wrong=row.wrong,
    )


def _beginning(fault: Fault) -> float:
    return fault.begins

"""The broker is away: nobody has lost anything but the one thing all share."""

from collections.abc import Iterable

from simulators.outages import cut_off
from simulators.trouble import Case, Trouble
from simulators.truth import Expect, Fault, Where, areas_of


def _unfold(case: Case) -> Iterable[Fault]:
    strikes = tuple(cut_off(case.identities, case.begins, case.ends, case.rng, 1.0))
    expect = Expect("centre", "all", ("centre-deaf", "centre-silent"), "critical")
    yield Fault("broker_away", case.begins, case.ends, Where(areas_of(strikes)), expect, strikes)


TROUBLE = Trouble("broker_away", frozenset(), _unfold)

"""A power feeder is switched off."""

from collections.abc import Iterable

from simulators.outages import power_cut
from simulators.trouble import Case, Trouble
from simulators.truth import Fault


def _unfold(case: Case) -> Iterable[Fault]:
    feeder = case.choose("feeder", (each.feeder for each in case.identities), case.written.feeder)
    yield power_cut(feeder, case.identities, case.begins, case.ends, case.rng)


TROUBLE = Trouble("power_cut", frozenset({"feeder"}), _unfold)

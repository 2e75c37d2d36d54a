"""A cable is cut, and spliced."""

from collections.abc import Iterable

from simulators.outages import fibre_cut
from simulators.trouble import Case, Trouble
from simulators.truth import Fault


def _unfold(case: Case) -> Iterable[Fault]:
    uplink = case.choose("uplink", (each.uplink for each in case.identities), case.written.uplink)
    yield fibre_cut(uplink, case.identities, case.begins, case.ends, case.rng)


TROUBLE = Trouble("fibre_cut", frozenset({"uplink"}), _unfold)

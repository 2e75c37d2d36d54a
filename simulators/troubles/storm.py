"""A storm in waves: each takes a whole feeder or cable, and single devices elsewhere; all is mended before the next."""

from collections.abc import Iterable

from simulators.device import POWER_OFF
from simulators.dialect import can_be_known
from simulators.outages import fibre_cut, power_cut
from simulators.trouble import Case, Trouble
from simulators.truth import Expect, Fault, Strike, Where

_SINGLES = 3  # struck by lightning or a branch, in each wave


def _unfold(case: Case) -> Iterable[Fault]:
    """Waves take feeders and cables in turn, each of them once."""
    rng, length = case.rng, (case.ends - case.begins) / case.written.waves
    feeders = sorted({each.feeder for each in case.identities})
    uplinks = sorted({each.uplink for each in case.identities})
    rng.shuffle(feeders)
    rng.shuffle(uplinks)
    for wave in range(case.written.waves):
        at = case.begins + (wave + rng.uniform(0.05, 0.25)) * length
        mended = at + length * rng.uniform(0.5, 0.7)
        if feeders and wave % 2 == 0:
            fault = power_cut(feeders.pop(), case.identities, at, mended, rng)
        elif uplinks:
            fault = fibre_cut(uplinks.pop(), case.identities, at, mended, rng)
        else:
            continue
        yield fault
        yield from _singles(case, set(fault.devices), at, mended)


def _singles(case: Case, down: set[str], at: float, mended: float) -> Iterable[Fault]:
    """Some that stand outside what the wave has taken as a whole."""
    standing = (each for each in case.identities if each.address not in down)
    candidates = [each for each in standing if each.kind.family != "gateway"]
    for device in case.rng.sample(candidates, min(_SINGLES, len(candidates))):
        begins = at + case.rng.uniform(0, (mended - at) / 2)
        strike = Strike(POWER_OFF, device, begins, mended)
        rules = tuple(rule.format(family=device.kind.family) for rule in POWER_OFF.rules)
        known = can_be_known(POWER_OFF, device)
        expect = Expect("device", device.address, rules, POWER_OFF.severity) if known else None
        yield Fault("struck", begins, mended, Where((device.area,)), expect, (strike,))


TROUBLE = Trouble("storm", frozenset({"waves"}), _unfold)

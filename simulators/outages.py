"""What losing the mains, or the way to the centre, does to everything that hangs on it.

Decides strikes for a group of devices; which group, and why, is for the troubles that use it.
"""

from collections.abc import Iterable, Sequence
from random import Random

from simulators.device import APART, POWER_OFF, Ill
from simulators.population import Identity
from simulators.truth import Expect, Fault, Strike, Where, areas_of

_BATTERY_S = (3000.0, 5400.0)  # how long a gateway lives without mains
_SWITCHED_S = 2.0  # within which all of a feeder go dark
_BACK_S = (5.0, 90.0)  # lamps first, then what has to boot


def without_power(devices: Sequence[Identity], begins: float, ends: float, rng: Random) -> list[Strike]:
    """Gateways live on their batteries for a while; everything else goes dark, and boots when the mains are back."""
    return [strike for each in devices for strike in _unpowered(each, begins, ends, rng)]


def cut_off(devices: Iterable[Identity], begins: float, ends: float, rng: Random, spread: float) -> list[Strike]:
    """They live on and keep what they measure; each is lost and found within `spread` seconds."""
    return [Strike(APART, each, begins + rng.uniform(0, spread), ends + rng.uniform(0, spread)) for each in devices]


def power_cut(feeder: str, devices: Sequence[Identity], begins: float, ends: float, rng: Random) -> Fault:
    """A feeder is off: one cause, however many fall silent."""
    here = [each for each in devices if each.feeder == feeder]
    strikes = tuple(without_power(here, begins, ends, rng))
    where = Where(areas_of(strikes), feeder=feeder)
    return Fault("power_cut", begins, ends, where, Expect("feeder", feeder, ("feeder-out",), "critical"), strikes)


def fibre_cut(uplink: str, devices: Sequence[Identity], begins: float, ends: float, rng: Random) -> Fault:
    """A cable is cut: gateways and all behind them live on unheard; the splice brings them back within seconds."""
    strikes = tuple(cut_off((each for each in devices if each.uplink == uplink), begins, ends, rng, 20.0))
    where = Where(areas_of(strikes), uplink=uplink)
    gateways = [strike.device.address for strike in strikes if strike.device.kind.family == "gateway"]
    expect = Expect("uplink", uplink, ("uplink-out",), "critical")
    if len(gateways) == 1:  # nobody can tell from here whether the cable or the one gateway at its end is gone
        expect = Expect("gateway", gateways[0], ("gateway-absent",), "critical")
    return Fault("fibre_cut", begins, ends, where, expect, strikes)


def _unpowered(device: Identity, begins: float, ends: float, rng: Random) -> Iterable[Strike]:
    off, back = begins + rng.uniform(0, _SWITCHED_S), ends + rng.uniform(*_BACK_S)
    if device.kind.family != "gateway":
        yield Strike(POWER_OFF, device, off, back)
        return
    empty = off + rng.uniform(*_BATTERY_S)
    yield Strike(_on_battery(device), device, off, ends)
    if empty < ends:
        yield Strike(POWER_OFF, device, empty, back)


def _on_battery(gateway: Identity) -> Ill:
    return next(ill for ill in gateway.kind.ills if ill.name == "mains_gone")

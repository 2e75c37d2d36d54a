"""A loop in the switch of a commune: frames go round, and everything behind its gateway suffers at once."""

from collections.abc import Iterable

from simulators.device import Ill, Sample, Value
from simulators.trouble import Case, Trouble, strike_all
from simulators.truth import Expect, Fault, Where

_FLOODED: dict[str, Value] = {
    "loss_pct": 38.0,
    "channel_util_pct": 97.0,
    "reconnects_1h": 31,
    "fps": 0.6,
    "bitrate_bps": 60_000,
    "audio_rx_loss_pct": 24.0,
    "video_rx_loss_pct": 31.0,
    "audio_rx_jitter_ms": 160.0,
    "rtt_ms": 900.0,
    "mos": 1.4,
}


def _suffers(sample: Sample, _age: float) -> Sample:
    """What is measured of the network is as bad as it gets; what is unknown stays so."""
    return {name: value for name, value in _FLOODED.items() if sample.get(name) is not None}


_ILL = Ill(name="switch_loop", bend=_suffers)
_RULES = ("gateway-side-bad",)


def _unfold(case: Case) -> Iterable[Fault]:
    behind = [each for each in case.identities if each.gateway]
    area = case.choose("area", (each.area for each in behind), case.written.area)
    gateway = next(each.gateway for each in behind if each.area == area)
    site = case.identities[0].address.partition("/")[0]
    victims = (each for each in behind if each.gateway == gateway)
    strikes = strike_all(_ILL, victims, lambda: case.begins + case.rng.uniform(0, 3), lambda: case.ends)
    address = f"{site}/gateway/{gateway}"
    expect = Expect("gateway", address, _RULES, "critical")
    yield Fault("switch_loop", case.begins, case.ends, Where((area,), gateway=address), expect, tuple(strikes))


TROUBLE = Trouble("switch_loop", frozenset({"area"}), _unfold)

"""New firmware goes out to all devices of a model, night by night a few, and is bad; then it is taken back."""

from collections import Counter
from collections.abc import Iterable

from simulators.device import Ill, Sample, Value
from simulators.population import Identity
from simulators.trouble import Case, Trouble
from simulators.truth import Expect, Fault, Strike, Where, areas_of

_ROLLED_OUT = 0.3  # of the time, within which one device after another gets it
_MISREAD: dict[str, Value] = {
    # the metrics that the new version gets wrong, each past the limit at which somebody should look
    "fps": 0.0,
    "loss_pct": 22.0,
    "amp_fault": True,
    "sip_registered": False,
    "battery_pct": 0.0,
}


def _misreads(sample: Sample, _age: float) -> Sample:
    return {name: value for name, value in _MISREAD.items() if sample.get(name) is not None}


def _name(device: Identity) -> str:
    return f"{device.model.maker} {device.model.model}"


def _unfold(case: Case) -> Iterable[Fault]:
    count = Counter(map(_name, case.identities))
    usual = max(sorted(count), key=lambda name: count[name])
    model = case.choose("model", count, case.written.model or usual)
    hit = [each for each in case.identities if _name(each) == model]
    case.rng.shuffle(hit)
    ill = Ill(name="firmware_bad", bend=_misreads, firmware=f"{hit[0].model.fw}-rc1")
    step = (case.ends - case.begins) * _ROLLED_OUT / len(hit)
    strikes = tuple(Strike(ill, each, case.begins + at * step, case.ends) for at, each in enumerate(hit))
    expect = Expect("model", f"{model} {ill.firmware}", ("batch-bad", "batch-out"), "major")
    yield Fault("firmware_bad", case.begins, case.ends, Where(areas_of(strikes)), expect, strikes)


TROUBLE = Trouble("firmware_bad", frozenset({"model"}), _unfold)

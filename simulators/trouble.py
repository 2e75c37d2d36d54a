"""The contract of a trouble that has one cause and many victims: one kind is one file in `troubles/`.

A kind says which words it takes in a scenario and unfolds one writing of it into faults, each with all its strikes. It
draws its chance from the case and never keeps time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from random import Random

from simulators.device import Ill
from simulators.errors import UnusableError
from simulators.population import Identity
from simulators.tables import nearest
from simulators.truth import Fault, Strike

Wrong = Callable[[str], UnusableError]


@dataclass(frozen=True, slots=True)
class Written:
    """A fault as a scenario has it: the words narrow down whom it befalls; times are seconds."""

    kind: str
    at_s: float
    lasts_s: float
    wrong: Wrong
    device: str | None = None
    family: str | None = None
    area: str | None = None
    feeder: str | None = None
    uplink: str | None = None
    model: str | None = None
    waves: int = 3
    step_s: float = 600.0
    """How long a flood takes from one commune to the next."""


@dataclass(frozen=True, slots=True)
class Case:
    """One writing to unfold: whom it may befall, its luck, and from when to when in epoch seconds."""

    written: Written
    identities: Sequence[Identity]
    rng: Random
    begins: float
    ends: float

    def choose(self, what: str, known: Iterable[str], wanted: str | None) -> str:
        """The name that is wanted, or one by chance; a complaint where there is none of that name."""
        names = sorted(set(known))
        if wanted is None and names:
            return self.rng.choice(names)
        if wanted not in names:
            hint = nearest(str(wanted), names) if names else ""
            raise self.written.wrong(f"{what} '{wanted}' is not known{hint}")
        return str(wanted)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind. `unfold` gives its faults; `words` are the keys it takes besides `kind`, `at_s` and `lasts_s`."""

    name: str
    words: frozenset[str]
    unfold: Callable[[Case], Iterable[Fault]]


@cache
def find_troubles() -> dict[str, Trouble]:
    """Every kind in `troubles/` by name: a new file there is all a new kind needs."""
    package = import_module("simulators.troubles")
    modules = (import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__))
    return {module.TROUBLE.name: module.TROUBLE for module in modules}


def strike_all(
    ill: Ill, devices: Iterable[Identity], begins: Callable[[], float], ends: Callable[[], float]
) -> list[Strike]:
    """The same ill for all of them, each from and to a moment of its own."""
    return [Strike(ill, each, begins(), ends()) for each in devices]

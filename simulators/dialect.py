"""The dialects that equipment is bought with: one file in `dialects/` each, exporting one `DIALECT`.

A dialect is a `Voice` that puts the same facts on other topics in other words, written from the makers' documents and
captured messages and never from the product's adapters, so that these are tried and not echoed.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, cast

from simulators.device import Effect, Ill, Sample
from simulators.errors import UnusableError
from simulators.events import Happening
from simulators.orders import Step
from simulators.population import Identity
from simulators.tables import nearest
from simulators.voice import Voice
from simulators.wire import Document, Message

ABSENCE, CLOCK, STARTS, PACE = "absence", "clock", "starts", "pace"
_SHOWN_BY: Mapping[Effect, str] = {"drift": CLOCK, "loop": STARTS, "shout": PACE}


class Foreign(Voice):
    """What foreign equipment has in common: that it does little of what the native wire asks.

    It has no Will, does not introduce itself or say goodbye, keeps nothing for later, tells events by its samples and
    takes no orders of ours. A dialect changes what its equipment does otherwise. `tells` are the metrics of ills that
    can be known from what it says; ABSENCE where its death can, CLOCK where it stamps, STARTS where it says that it is
    back. None promises a PACE.
    """

    obeys = False
    tells: ClassVar[frozenset[str]] = frozenset()

    def will(self) -> Message | None:
        """None."""
        return None

    def introduce(self, _now: float, _interval: float) -> list[Message]:
        """Nothing."""
        return []

    def status(self, _state: str, _now: float, _reason: str | None = None) -> list[Message]:
        """Nothing."""
        return []

    def record(self, sample: Sample, now: float) -> Document:
        """A sample with the time by its own clock, epoch seconds; see `measured`."""
        self.seq += 1
        return {"m": sample, "at": now + self.skew}

    def batch(self, _records: Sequence[Document]) -> list[Message]:
        """Nothing: what nobody heard is over."""
        return []

    def event(self, _happening: Happening, _now: float) -> list[Message]:
        """Nothing."""
        return []

    def ack(self, _step: Step) -> list[Message]:
        """Nothing."""
        return []


def measured(record: Document) -> tuple[Sample, float]:
    """The sample of a foreign record and its time in epoch seconds."""
    return cast("Sample", record["m"]), cast("float", record["at"])


@cache
def find_dialects() -> dict[str, type[Foreign]]:
    """Every dialect in `dialects/` by its file's name."""
    package = import_module("simulators.dialects")
    return {
        found.name: import_module(f"{package.__name__}.{found.name}").DIALECT
        for found in iter_modules(package.__path__)
    }


def can_be_known(ill: Ill, identity: Identity) -> bool:
    """Whether what this device says can betray that ill; a native one tells of all of them."""
    dialect = find_dialects().get(identity.speaks or "")
    return dialect is None or (ill.metric or _SHOWN_BY.get(ill.effect, ABSENCE)) in dialect.tells


def find_voice(identity: Identity, seed: int) -> Voice:
    """The voice that this device speaks with; UnusableError where a site names a dialect that there is not."""
    if identity.speaks is None:
        return Voice(identity, seed)
    known = find_dialects()
    if identity.speaks not in known:
        raise UnusableError(
            f"{identity.address} speaks '{identity.speaks}', which is not known{nearest(identity.speaks, known)}"
        )
    return known[identity.speaks](identity, seed)

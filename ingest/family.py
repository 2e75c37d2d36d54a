"""What a family of devices is: its names for people, what to expect where a device does not say, how it is kept.

One file per family in `families/`, each exporting one `FAMILY`; found by walking the folder.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Kind(StrEnum):
    """What a metric's values are, and so the type of its column."""

    NUMBER = "number"  # a gauge
    COUNTER = "counter"  # grows, and begins anew after a reset
    SWITCH = "switch"  # true or false


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of equipment. `interval_s` is how often it reports where no birth says; `figures` its main metrics.

    Readings of `numbers`, `counters` and `switches` have a column each; any other metric is kept as JSON beside them.
    """

    slug: str
    vi: str
    en: str
    interval_s: float
    figures: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    counters: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()

    @property
    def columns(self) -> Mapping[str, Kind]:
        """The metrics that have a column, and what they hold."""
        kinds = ((self.numbers, Kind.NUMBER), (self.counters, Kind.COUNTER), (self.switches, Kind.SWITCH))
        return {name: kind for names, kind in kinds for name in names}


@cache
def families() -> Mapping[str, Family]:
    """All families by slug."""
    package = importlib.import_module("ingest.families")
    modules = (importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
    return {module.FAMILY.slug: module.FAMILY for module in modules}

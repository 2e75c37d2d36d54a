"""What a family of devices is: its names for people and what to expect where a device does not say.

One file per family in `families/`, each exporting one `FAMILY`; found by walking the folder.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of equipment. `interval_s` is how often it reports where no birth says; `figures` its main metrics."""

    slug: str
    vi: str
    en: str
    interval_s: float
    figures: tuple[str, ...] = ()


@cache
def families() -> Mapping[str, Family]:
    """All families by slug."""
    package = importlib.import_module("ingest.families")
    modules = (importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
    return {module.FAMILY.slug: module.FAMILY for module in modules}

"""What an adapter is: it translates one kind of equipment's messages into the words of `ingest.model`.

One file per kind in `adapters/`, each exporting one `ADAPTER`; found by walking the folder. An adapter is pure: it
takes a message and the options of its source and returns reports, or says why there are none.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache

from ingest.errors import UnknownAdapterError
from ingest.model import Ignored, Message, Rejected, Report

Parsed = Sequence[Report] | Ignored | Rejected


@dataclass(frozen=True, slots=True)
class Source:
    """Where messages come from: the site that foreign devices belong to, and the source's options."""

    site: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adapter:
    """A translator. `subscriptions` are MQTT filters; `read` never raises for any payload."""

    name: str
    subscriptions: tuple[str, ...]
    read: Callable[[Message, Source], Parsed]

    def takes(self, topic: str) -> bool:
        """Whether a topic is this adapter's; its filters end in `/#`, so a prefix tells."""
        return topic.startswith(tuple(pattern[:-1] for pattern in self.subscriptions))


@cache
def adapters() -> Mapping[str, Adapter]:
    """All adapters by name, the native one first."""
    package = importlib.import_module("ingest.adapters")
    names = sorted((m.name for m in pkgutil.iter_modules(package.__path__)), key=lambda name: (name != "native", name))
    found = (importlib.import_module(f"{package.__name__}.{name}").ADAPTER for name in names)
    return {adapter.name: adapter for adapter in found}


def choose(names: Iterable[str] | None) -> tuple[Adapter, ...]:
    """The named adapters, or all; an unknown name is refused with the nearest known one."""
    known = adapters()
    if names is None:
        return tuple(known.values())
    wanted = tuple(names)
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, n=1) or ["native"]
            raise UnknownAdapterError(
                f"ingest.adapters: không có bộ chuyển đổi {name!r}, có phải {near[0]!r}? "
                f"(no adapter {name!r}; did you mean {near[0]!r}?)"
            )
    return tuple(known[name] for name in wanted)

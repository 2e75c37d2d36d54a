"""What an adapter is: it translates one kind of equipment's messages into the words of `ingest.model`.

One file per kind in `adapters/`, each exporting one `ADAPTER`; found by walking the folder. An adapter is pure: it
is opened on the options of its source and gives a function from a message to reports, or to why there are none.
What it must remember (the units a birth named, the topics a discovery announced) lives in that function, bounded.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, partial

from ingest.errors import UnknownAdapterError
from ingest.model import FAMILIES, Ignored, Message, Rejected, Report, Sample
from ingest.topics import address, matches

Parsed = Sequence[Report] | Ignored | Rejected | None
"""What a message says; None: its topic only looks like mine, ask the next adapter."""

Read = Callable[[Message], Parsed]

Quick = Callable[[Sequence[Message]], list[Sample | None]]
"""Reads many messages in one loop: each usual one, a single live sample of numbers; None: to be read in full."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where messages come from: the site that foreign devices belong to, and the source's options.

    Options that every adapter has: `family` (what its devices are, where the messages do not say) and
    `id.<their id> = "<name>"` or `"<family>/<name>"`, which gives a device another address.
    """

    site: str
    options: Mapping[str, str] = field(default_factory=dict)

    def address(self, family: str, name: str) -> str:
        """A foreign device's address: `<site>/<family>/<its id as a slug>`, unless the options rename it."""
        renamed = self.options.get(f"id.{name}", name)
        chosen, _, slug = renamed.rpartition("/")
        family = chosen if chosen in FAMILIES else self.options.get("family", family)
        return address(self.site, family, slug if chosen in FAMILIES else renamed)


@dataclass(frozen=True, slots=True)
class Adapter:
    """A translator. `subscriptions` are MQTT filters; what `open` gives never raises, whatever the payload.

    Where several take a topic, the lower `rank` is asked first: 0 for those that know their topics, higher for those
    that know them only by pattern. `quick` is for the one whose messages come by the thousand.
    """

    name: str
    subscriptions: tuple[str, ...]
    open: Callable[[Source], Read]
    rank: int = 0
    quick: Quick | None = None

    def takes(self, topic: str) -> bool:
        """Whether a topic may be this adapter's."""
        return any(matches(pattern, topic) for pattern in self.subscriptions)


def stateless(read: Callable[[Message, Source], Parsed]) -> Callable[[Source], Read]:
    """The `open` of an adapter that remembers nothing."""
    return lambda source: partial(_swapped, read, source)


def _swapped(read: Callable[[Message, Source], Parsed], source: Source, message: Message) -> Parsed:
    return read(message, source)


@cache
def adapters() -> Mapping[str, Adapter]:
    """All adapters by name, in the order in which they are asked: the native one, then by rank and name."""
    package = importlib.import_module("ingest.adapters")
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    found = [importlib.import_module(f"{package.__name__}.{name}").ADAPTER for name in names]
    return {adapter.name: adapter for adapter in sorted(found, key=_order)}


def _order(adapter: Adapter) -> tuple[bool, int, str]:
    return adapter.name != "native", adapter.rank, adapter.name


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
    return tuple(sorted((known[name] for name in dict.fromkeys(wanted)), key=_order))


def filters(chosen: Sequence[Adapter], *, everything: bool) -> list[str]:
    """What to subscribe to: `#` where every adapter listens or one listens to all, so that nothing comes twice."""
    patterns = {pattern for adapter in chosen for pattern in adapter.subscriptions}
    return ["#"] if everything or "#" in patterns else sorted(patterns)


def unwanted(filters: Sequence[str]) -> list[str]:
    """What a run with other adapters may have subscribed to, and this one does not want."""
    every = {"#"} | {pattern for adapter in adapters().values() for pattern in adapter.subscriptions}
    return sorted(every - set(filters))

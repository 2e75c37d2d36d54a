"""Finds the kinds of channels and opens those a district has configured.

Decides whether a configuration can be used; sends nothing.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from alerts import channels as folder
from alerts.channel import Channel, ChannelKind


@cache
def kinds() -> Mapping[str, ChannelKind]:
    """Every kind of channel by name: each module of `alerts/channels/` exports one as `KIND`."""
    names = sorted(module.name for module in iter_modules(folder.__path__))
    found: list[ChannelKind] = [import_module(f"{folder.__name__}.{name}").KIND for name in names]
    return {kind.name: kind for kind in found}


def open_channels(
    tables: Iterable[Mapping[str, object]], lines: Mapping[str, object] | None = None
) -> tuple[Channel, ...]:
    """Open channels from tables of `name`, `kind` and the kind's own options; `lines` is what kinds may need of us.

    Raises `ValueError` with the mend; never with an option's value, since those are secrets.
    """
    opened: dict[str, Channel] = {}
    for table in tables:
        name, kind = table.get("name"), table.get("kind")
        if not isinstance(name, str) or not name or name in opened:
            raise ValueError(f"a channel needs a name of its own, not {name!r}")
        if kind not in kinds():
            raise ValueError(f"channel {name!r}: kind is one of {', '.join(kinds())}, not {kind!r}")
        options = {key: value for key, value in table.items() if key not in ("name", "kind")}
        chosen = kinds()[str(kind)]
        given = {need: (lines or {})[need] for need in chosen.needs}
        opened[name] = chosen.open(name, {**options, **given})
    return tuple(opened.values())

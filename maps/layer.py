"""The contract of a layer: one kind of thing on the wall, and how it is put into frames.

A kind is one file in `layers/` that exports one `Layer` value; it is found by walking the folder, so a new
layer is one new file and its test. A layer decides the columns of its part; it never filters by itself
(`Sight` does) and never numbers (`Scene` does).
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from maps.model import Delta, Sight, Snapshot

Part = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of thing on the wall.

    `name` is the word in `hello.layers` and the key of its part in a frame; `snapshot` gives the whole
    part; `delta` what changed, or `None` when nothing in sight did.
    """

    name: str
    snapshot: Callable[[Snapshot, Sight], Part]
    delta: Callable[[Delta, Sight], Part | None]


def find_layers() -> dict[str, Layer]:
    """Every layer there is, by name, in the order of their files."""
    found: dict[str, Layer] = {}
    for info in pkgutil.iter_modules([str(Path(__file__).with_name("layers"))]):
        module = importlib.import_module(f"maps.layers.{info.name}")
        kinds = [value for value in vars(module).values() if isinstance(value, Layer)]
        if len(kinds) != 1:
            raise TypeError(f"maps/layers/{info.name}.py must export one Layer, it exports {len(kinds)}")
        if kinds[0].name in found:
            raise TypeError(f"maps/layers/{info.name}.py: a layer {kinds[0].name!r} exists already")
        found[kinds[0].name] = kinds[0]
    return found

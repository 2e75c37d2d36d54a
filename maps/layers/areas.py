"""The areas: how many devices of each are in which state, in the order of the palette.

Counted here and not in the browser, so that a client with a small box still sees the whole. Names and
shapes of areas are not streamed: they change once in years and come from `/api/v1/areas.geojson`.
"""

from collections.abc import Mapping

from maps.layer import Layer, Part
from maps.model import Counts, Delta, Sight, Snapshot


def _columns(areas: Mapping[str, Counts], sight: Sight) -> Part:
    seen = {area: counts for area, counts in areas.items() if sight.may_see(area)}
    return {"area": list(seen), "counts": list(seen.values())}


def snapshot(picture: Snapshot, sight: Sight) -> Part:
    """The counts of every area that may be seen."""
    return _columns(picture.areas, sight)


def delta(step: Delta, sight: Sight) -> Part | None:
    """The counts that changed."""
    part = _columns(step.areas, sight)
    return part if part["area"] else None


LAYER = Layer(name="areas", snapshot=snapshot, delta=delta)

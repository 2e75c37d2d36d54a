"""What cameras see and loudspeakers cover, as columns by the devices' own indexes; most devices have none.

A device that left the picture takes its reach with it: that it is gone is told by the layer of the devices.
"""

from collections.abc import Mapping

from maps.layer import Layer, Part
from maps.model import Delta, Dot, Reach, Sight, Snapshot


def _columns(dots: Mapping[int, Dot | None], sight: Sight) -> Part:
    seen: dict[int, Reach] = {
        index: dot.reach
        for index, dot in dots.items()
        if dot is not None and dot.reach is not None and sight.shows(dot)
    }
    return {
        "i": list(seen),
        "range_m": [reach.range_m for reach in seen.values()],
        "bearing_deg": [reach.bearing_deg for reach in seen.values()],
        "angle_deg": [reach.angle_deg for reach in seen.values()],
    }


def snapshot(picture: Snapshot, sight: Sight) -> Part:
    """Of all devices in sight."""
    return _columns(picture.dots, sight)


def delta(step: Delta, sight: Sight) -> Part | None:
    """Of those that are new, or of which more than the state changed."""
    part = _columns({index: step.dots[index] for index in step.about if index in step.dots}, sight)
    return part if part["i"] else None


LAYER = Layer(name="reaches", snapshot=snapshot, delta=delta)

"""The self-probe's newest stamp, for itself: so it measures how long the stream takes. No page asks for it."""

from maps.layer import Layer, Part
from maps.model import Delta, Sight, Snapshot


def snapshot(picture: Snapshot, sight: Sight) -> Part:  # noqa: ARG001 - a stamp is of no place
    """The newest stamp; null before the first."""
    return {"stamp": picture.probe}


def delta(step: Delta, sight: Sight) -> Part | None:  # noqa: ARG001
    """The newest stamp, if it is newer."""
    return None if step.probe is None else {"stamp": step.probe}


LAYER = Layer(name="probe", snapshot=snapshot, delta=delta)

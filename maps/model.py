"""The words of the maps floor: a device as the wall draws it, the whole picture, and one step of it.

Values only, times in epoch milliseconds. Nothing here judges, numbers or sends. The rule that everything
else keeps: `fold(snapshot at a, delta from a to b) == snapshot at b`, for every a and b.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import msgspec

from alerts.model import Alert, Condition, Mute


class State(StrEnum):
    """What a device's sign on the wall says, in the order of the palette; `code` goes over the wire."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    OFFLINE = "offline"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"  # we, or its gateway, are blind: hollow grey
    PENDING = "pending"  # not admitted yet: drawn, never alarming

    def __init__(self, _word: str) -> None:
        self.code = len(type(self).__members__)  # of those before it; its place in the palette, 0 to 6


STATES = tuple(State)

Counts = tuple[int, ...]
"""How many devices are in each state, in the order of `STATES`."""


class Reach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a camera sees or a loudspeaker is heard: all round, or within `angle_deg` around `bearing_deg`.

    `bearing_deg` is where its middle points, clockwise from north. One without the other is a `ValueError`.
    """

    range_m: Annotated[float, msgspec.Meta(gt=0, le=20_000)]
    bearing_deg: Annotated[float, msgspec.Meta(ge=0, lt=360)] | None = None
    angle_deg: Annotated[float, msgspec.Meta(gt=0, lt=360)] | None = None

    def __post_init__(self) -> None:
        """See that what looks one way says which, and how widely."""
        if (self.bearing_deg is None) != (self.angle_deg is None):
            raise ValueError("bearing_deg and angle_deg go together; without both it reaches all round")


NO_REACHES: Mapping[str, Reach] = {}


@dataclass(frozen=True, slots=True)
class Dot:
    """A device as drawn. `since` is when its state began; a device without a position is only counted."""

    address: str
    name: str
    family: str
    lat: float | None
    lon: float | None
    area: str | None
    state: State
    since: int
    reach: Reach | None = None

    @property
    def about(self) -> tuple[object, ...]:
        """What seldom changes, and is therefore sent only when it does."""
        return (self.address, self.name, self.family, self.lat, self.lon, self.area, self.reach)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an alert that people see; steps are never merged and never reordered."""

    seq: int
    alert: Alert
    cause: str
    at: int
    announce: str | None = None


def shown(alert: Alert) -> bool:
    """Whether the alert belongs on the wall: active, or gone again without anyone having seen it.

    What people are not told for now stands in no list and sounds no alarm: what an outage explains (one cause, one
    line), what waits a moment for such a cause, what is shelved, silenced or under maintenance. The device on the map
    shows its state all the same, and the alerts' desk has it.
    """
    if any(each.kind is not Mute.FLAPPING for each in alert.suppressions):
        return False
    if alert.freed_at is not None and not alert.believed:
        return False  # its outage is over: its own next observation decides
    if alert.condition is Condition.CLEARED:
        return not alert.acked
    return alert.condition in (Condition.FIRING, Condition.RECOVERING)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole picture at one number: devices by index, counts by area, alerts by id; the probe's newest stamp."""

    seq: int
    dots: Mapping[int, Dot] = field(default_factory=dict)
    areas: Mapping[str, Counts] = field(default_factory=dict)
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    probe: int | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """What leads from the picture at `since` to the one at `seq`.

    `dots` holds the newest value of each device that changed (`None`: it is gone); `about` names those of
    which more than the state changed; `steps` holds every step of every alert, in order; `probe` is a newer stamp.
    """

    since: int
    seq: int
    dots: Mapping[int, Dot | None] = field(default_factory=dict)
    about: frozenset[int] = frozenset()
    areas: Mapping[str, Counts] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    probe: int | None = None


def fold(snapshot: Snapshot, delta: Delta) -> Snapshot:
    """The picture after the step; a step that does not begin where the picture stands is a `ValueError`."""
    if delta.since != snapshot.seq:
        raise ValueError(f"a step from {delta.since} does not follow the picture at {snapshot.seq}")
    dots = {**snapshot.dots, **delta.dots}
    alerts = dict(snapshot.alerts)
    for step in delta.steps:
        alerts.pop(step.alert.id, None)
        if shown(step.alert):
            alerts[step.alert.id] = step.alert
    return Snapshot(
        seq=delta.seq,
        dots={index: dot for index, dot in dots.items() if dot is not None},
        areas={**snapshot.areas, **delta.areas},
        alerts=alerts,
        probe=snapshot.probe if delta.probe is None else delta.probe,
    )


MaySee = Callable[[str | None], bool]
"""Whether this viewer may see what stands in an area (`None`: in no known area)."""


def everything(_area: str | None) -> bool:
    """The sight of a viewer without limits."""
    return True


@dataclass(frozen=True, slots=True)
class Sight:
    """What one client looks at: a box of `west, south, east, north` degrees, within what it may see."""

    bbox: tuple[float, float, float, float] | None = None
    may_see: MaySee = everything

    @property
    def unlimited(self) -> bool:
        """Whether it shows every device."""
        return self.bbox is None and self.may_see is everything

    def shows(self, dot: Dot) -> bool:
        """Whether the device is in sight; one without a position is out of every box."""
        if not self.may_see(dot.area):
            return False
        if self.bbox is None:
            return True
        if dot.lat is None or dot.lon is None:
            return False
        west, south, east, north = self.bbox
        return west <= dot.lon <= east and south <= dot.lat <= north

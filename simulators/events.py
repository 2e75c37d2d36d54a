"""What a device notices about itself: troubles that last, and states that rise and fall.

Decides which events start, go on and end with a sample; never numbers or sends them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simulators.device import Ill, Sample

_NOTICED_AFTER_S = 45.0  # a passing trouble is not worth an event
_UPDATE_S = 300.0


@dataclass(frozen=True, slots=True)
class Suffering:
    """An ill that a device has since an epoch second."""

    ill: Ill
    since: float


@dataclass(frozen=True, slots=True)
class Happening:
    """One phase of an event."""

    type: str
    phase: Literal["start", "update", "end"]
    severity: str
    data: Sample


class Watch:
    """Remembers which events are open. `edges` names the boolean metrics told as events, and the events' types."""

    def __init__(self, edges: Mapping[str, str]) -> None:
        self._edges = edges
        self._told: dict[str, float] = {}

    def observe(self, sample: Sample, sufferings: Sequence[Suffering], now: float) -> Iterator[Happening]:
        """The phases that show in this sample."""
        for suffering in sufferings:
            yield from self._observe_ill(suffering, sample, now)
        for metric, event in self._edges.items():
            if bool(sample[metric]) != (event in self._told):
                yield self._tell(event, "start" if sample[metric] else "end", "info", {metric: sample[metric]}, now)

    def end(self, ill: Ill, now: float) -> Iterator[Happening]:
        """The end of an ill's event, if one was told."""
        if ill.event in self._told:
            yield self._tell(ill.event, "end", ill.severity, {}, now)

    def forget(self) -> None:
        """A reboot: nothing is known of what was open."""
        self._told.clear()

    def _observe_ill(self, suffering: Suffering, sample: Sample, now: float) -> Iterator[Happening]:
        ill = suffering.ill
        if not ill.event or now - suffering.since < _NOTICED_AFTER_S:
            return
        data = {ill.metric: sample[ill.metric]} if ill.metric else {}
        if ill.event not in self._told:
            yield self._tell(ill.event, "start", ill.severity, data, now)
        elif now - self._told[ill.event] >= _UPDATE_S:
            yield self._tell(ill.event, "update", ill.severity, data, now)

    def _tell(
        self, event: str, phase: Literal["start", "update", "end"], severity: str, data: Sample, now: float
    ) -> Happening:
        if phase == "end":
            del self._told[event]
        else:
            self._told[event] = now
        return Happening(event, phase, severity, data)

"""Says which failure domains a device belongs to: what fails together with it.

Pure. A domain is written `kind:name`, as an alert's subject. Areas come with all above them. Feeders and uplinks are
of the site's device list; the rest is of the registry.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from alerts.rule import Scale
from ingest.model import Device

CENTRE = "centre:all"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is known of the ground: each area's parent; feeders and uplinks by a device's address or an area's slug."""

    parents: Mapping[str, str | None] = field(default_factory=dict)
    feeders: Mapping[str, str] = field(default_factory=dict)
    uplinks: Mapping[str, str] = field(default_factory=dict)

    def areas(self, area: str | None) -> tuple[str, ...]:
        """An area and all above it, the nearest first; a ring of parents is walked once."""
        found: list[str] = []
        while area is not None and area not in found:
            found.append(area)
            area = self.parents.get(area)
        return tuple(found)

    def domains(self, device: Device, scale: Scale) -> tuple[str, ...]:
        """The device's domains of one scale; most have one, areas have several, and some have none."""
        return tuple(f"{scale}:{name}" for name in self._names(device, scale))

    def _names(self, device: Device, scale: Scale) -> Iterator[str]:
        match scale:
            case Scale.AREA:
                yield from self.areas(device.area)
            case Scale.GATEWAY if device.gateway:
                yield device.gateway
            case Scale.FEEDER if name := self._on(self.feeders, device):
                yield name
            case Scale.UPLINK if name := self._on(self.uplinks, device):
                yield name
            case Scale.BATCH if device.maker and device.fw:
                yield " ".join(part for part in (device.maker, device.model, device.fw) if part)
            case Scale.CENTRE:
                yield "all"
            case _:
                return

    @staticmethod
    def _on(named: Mapping[str, str], device: Device) -> str | None:
        """What the device hangs on: its own, else its area's."""
        return named.get(device.address) or named.get(device.area or "")

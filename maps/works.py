"""Planned work as the wall draws it: who is out of service on purpose while it goes on.

Decides which devices the work in force covers, and since when. What is planned, and when it begins and ends, is told
by who knows (`ioc.planned`): what goes on does so until another set takes its place, so no clock is read here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.model import Device


@dataclass(frozen=True, slots=True)
class Work:
    """One occurrence of planned work, from `since` until `until` (epoch ms).

    It covers whoever fits each of the sets that is not empty; `areas` come with all those below them.
    """

    since: int
    until: int
    areas: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()

    def covers(self, device: Device) -> bool:
        """Whether this device is worked on."""
        return (
            (not self.areas or device.area in self.areas)
            and (not self.families or device.family in self.families)
            and (not self.devices or device.address in self.devices)
        )


class Going:
    """The work that goes on, laid out so that a question about one device costs only what lies near it."""

    def __init__(self, works: Iterable[Work] = ()) -> None:
        self.works = frozenset(works)
        self._near: dict[str | None, list[Work]] = {}  # by address, else by area, else everywhere
        for work in self.works:
            for place in work.devices or work.areas or (None,):
                self._near.setdefault(place, []).append(work)

    def since(self, device: Device) -> int | None:
        """Since when the device is worked on; None where it is not."""
        if not self.works:
            return None
        near = (work for place in {device.address, device.area, None} for work in self._near.get(place, ()))
        return min((work.since for work in near if work.covers(device)), default=None)

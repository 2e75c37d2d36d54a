"""Decides which routes an alert takes, and who stands at each of their steps at a moment.

Pure. The first route that fits is taken, and after one that `goes_on` the next that fits too. An area means also the
areas below it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from alerts.model import Alert, Severity
from alerts.people import Contact
from alerts.roster import Duty, on_duty

DUTY: Final = "duty:"


@dataclass(frozen=True, slots=True)
class Step:
    """One level: names of contacts, and of rosters as `duty:name`; `after_ms` since the level before was told."""

    to: tuple[str, ...]
    after_ms: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """What takes it, and whom it goes to. Empty selectors fit everything.

    `wait_ms` gathers before the first message about an area, `interval_ms` between further ones. While something
    fires, unseen by anyone, its people are reminded every `repeat_ms` (0: never), and after the last step all begins
    anew `rounds` times. `tells_taken`: those told hear who has acknowledged it.
    """

    name: str
    steps: tuple[Step, ...]
    areas: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    at_least: Severity = Severity.WARNING
    wait_ms: int = 30_000
    interval_ms: int = 60_000
    repeat_ms: int = 0
    rounds: int = 0
    tells_end: bool = True
    tells_taken: bool = True
    goes_on: bool = False

    def fits(self, alert: Alert, areas: Iterable[str]) -> bool:
        """Whether it takes the alert; `areas` are the alert's and those above it."""
        return (
            alert.severity.rank >= self.at_least.rank
            and (not self.areas or not self.areas.isdisjoint(areas))
            and (not self.families or family_of(alert.device) in self.families)
            and (not self.rules or alert.rule in self.rules)
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Everyone and everything that decides who is told; `parents` gives each area the one above it."""

    contacts: Mapping[str, Contact] = field(default_factory=dict)
    duties: Mapping[str, Duty] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)

    def routes_of(self, alert: Alert) -> tuple[Route, ...]:
        """The routes that the alert takes, in order."""
        areas = tuple(self._above(alert.area))
        found: list[Route] = []
        for route in self.routes.values():
            if route.fits(alert, areas):
                found.append(route)
                if not route.goes_on:
                    break
        return tuple(found)

    def people_at(self, step: Step, at: int) -> tuple[str, ...]:
        """The contacts who stand at a step at a moment, each once."""
        found: list[str] = []
        for name in step.to:
            if name.startswith(DUTY):
                found += on_duty(self.duties[name.removeprefix(DUTY)], at)
            else:
                found.append(name)
        return tuple(name for name in dict.fromkeys(found) if name in self.contacts)

    def contact_of(self, account: str | None) -> str | None:
        """The contact that signs in with this name."""
        found = (each.name for each in self.contacts.values() if account is not None and each.is_account(account))
        return next(found, None)

    def _above(self, area: str | None) -> Iterable[str]:
        seen: set[str] = set()
        while area is not None and area not in seen:
            seen.add(area)
            yield area
            area = self.parents.get(area)


def family_of(subject: str) -> str | None:
    """The family of a device's address; None of what is no device (`area:…`, `gateway:…`)."""
    parts = subject.split("/")
    return parts[1] if len(parts) == 3 and ":" not in subject else None

"""Holds the silences and maintenance windows, and says which cover an alert now.

Decides nothing about alerts: it answers with suppressions to put on and sources to take off.
"""

from collections.abc import Iterable

from alerts.domains import Grounds
from alerts.model import Alert, Mute, Suppression
from alerts.suppression import Quiet, Silence


class Quiets:
    """The silences and windows by id; `grounds` tells which areas lie above one."""

    def __init__(self, grounds: Grounds) -> None:
        self.grounds = grounds
        self._quiets: dict[str, Quiet] = {}

    def adopt(self, quiets: Iterable[Quiet]) -> list[Quiet]:
        """Use this set from now on; gives those that went or changed."""
        wanted = {each.id: each for each in quiets}
        gone = [each for each in self._quiets.values() if wanted.get(each.id) != each]
        self._quiets = wanted
        return gone

    def get(self, quiet_id: str) -> Quiet | None:
        """One by its id."""
        return self._quiets.get(quiet_id)

    def starts(self, at: int) -> dict[str, int]:
        """When each next begins."""
        found = {each.id: each.next_start(at) for each in self._quiets.values()}
        return {ident: when for ident, when in found.items() if when is not None}

    def covering(self, alert: Alert, at: int, only: Iterable[Quiet] | None = None) -> list[Suppression]:
        """The suppressions that these (all of them without `only`) are for this alert now."""
        areas = self.grounds.areas(alert.area)
        found: list[Suppression] = []
        for each in self._quiets.values() if only is None else only:
            span = each.occurrence(at)
            if span is not None and each.scope.covers(rule=alert.rule, device=alert.device, areas=areas):
                found.append(Suppression(kind_of(each), each.id, span[0], span[1], each.author, each.reason))
        return found

    @property
    def all(self) -> tuple[Quiet, ...]:
        """All of them."""
        return tuple(self._quiets.values())


def kind_of(quiet: Quiet) -> Mute:
    """What it is to an alert."""
    return Mute.SILENCE if isinstance(quiet, Silence) else Mute.MAINTENANCE

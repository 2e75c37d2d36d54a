"""Keeps the open alerts, and when time alone will next matter to each.

Decides nothing about them. A key has one open alert at most.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from alerts.agenda import Agenda
from alerts.model import Alert

Due = Callable[[Alert], int | None]
_AT_ONCE: Final = 16  # steps of one key at one time; more can only be a fault of ours
_PUT_OFF_MS: Final = 1000


class Register:
    """Open alerts by key, by id, by subject and by parent; `due` says when time next changes one."""

    def __init__(self, due: Due) -> None:
        self._due = due
        self._open: dict[str, Alert] = {}
        self._by_id: dict[str, str] = {}
        self._by_device: dict[str, set[str]] = {}
        self._by_parent: dict[str, set[str]] = {}
        self._other: dict[str, int] = {}  # when something else than the alert wants a key looked at
        self._agenda = Agenda()

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """The alerts that are not closed, by key."""
        return MappingProxyType(self._open)

    def get(self, key: str) -> Alert | None:
        """The open alert of this key."""
        return self._open.get(key)

    def of_id(self, alert_id: str) -> Alert | None:
        """The open alert with this id."""
        return self._open.get(self._by_id.get(alert_id, ""))

    def of_device(self, address: str) -> list[str]:
        """The keys of a subject's open alerts, in order."""
        return sorted(self._by_device.get(address, ()))

    def keys(self, address: str) -> Collection[str]:
        """The keys of a subject's open alerts, in no order."""
        return self._by_device.get(address, ())

    def children(self, alert_id: str) -> list[str]:
        """The keys of the alerts that this one explains, in order."""
        return sorted(self._by_parent.get(alert_id, ()))

    def keep(self, alert: Alert) -> None:
        """Take the alert as it now is; a closed one is let go."""
        key, before = alert.key, self._open.get(alert.key)
        if before is not None and before.parent != alert.parent and before.parent is not None:
            _discard(self._by_parent, before.parent, key)
        if alert.open:
            self._open[key] = alert
            self._by_id[alert.id] = key
            self._by_device.setdefault(alert.device, set()).add(key)
            if alert.parent is not None:
                self._by_parent.setdefault(alert.parent, set()).add(key)
        else:
            self._open.pop(key, None)
            self._by_id.pop(alert.id, None)
            _discard(self._by_device, alert.device, key)
            if alert.parent is not None:
                _discard(self._by_parent, alert.parent, key)
        self._plan(key)

    def remind(self, key: str, when: int | None) -> None:
        """Have a key looked at also at this time, for a reason of the caller's; None takes that back."""
        if when is not None:
            self._other[key] = when
        elif self._other.pop(key, None) is None:
            return
        self._plan(key)

    def look_at(self, keys: Iterable[str]) -> None:
        """Have these looked at with the next tick."""
        for key in keys:
            self._agenda.put(key, 0)

    def first(self) -> int | None:
        """When time alone next matters; None where it never does."""
        return self._agenda.first()

    def take(self, now: int) -> Iterator[str]:
        """The keys that are due; what is put meanwhile is seen too.

        One that is never done is put off, so that it cannot hold up the others.
        """
        taken: Counter[str] = Counter()
        for key in self._agenda.take(now):
            taken[key] += 1
            if taken[key] > _AT_ONCE:
                self._agenda.put(key, now + _PUT_OFF_MS)
                continue
            if self._other.get(key, now + 1) <= now:
                del self._other[key]
            yield key
            if key not in self._open and key not in self._other:
                continue
            self._plan(key)

    def _plan(self, key: str) -> None:
        alert = self._open.get(key)
        times = [] if alert is None else [self._due(alert)]
        times.append(self._other.get(key))
        self._agenda.put(key, min((time for time in times if time is not None), default=None))


def _discard(index: dict[str, set[str]], name: str, key: str) -> None:
    keys = index.get(name, set())
    keys.discard(key)
    if not keys:
        index.pop(name, None)

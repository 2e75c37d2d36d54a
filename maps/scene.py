"""Folds what was heard and judged into the picture on the wall, and numbers its steps.

Decides a device's state on the wall and what changed since a number. It never reads a clock, waits or
sends: `maps.hub` hands it the facts, `maps.outbox` asks it for the steps. A step costs what changed in it,
not how many devices there are: changes are kept in the order of their numbers, newest last.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TypeVar

from alerts.model import Alert, Condition, Severity, Transition
from ingest.model import Admission, Heard, View
from maps.model import NO_REACHES, STATES, Counts, Delta, Dot, Reach, Snapshot, State, Step, shown
from maps.works import Going, Work

K = TypeVar("K")

KEPT_STEPS = 1024
"""Steps of alerts kept for those who lag; who lags more gets a snapshot, so no queue ever grows."""


def judge(view: View, active: Iterable[Alert], worked_on: int | None = None) -> tuple[State, int]:
    """The state of a device on the wall and since when; `active` are its firing and recovering alerts.

    Whoever is `worked_on` (since when, epoch ms) is out on purpose, whatever else is so. What we cannot know
    comes before what is wrong, and a silent device before its alerts: an alert of a device that does not speak
    is about the past.
    """
    presence = view.presence
    if view.device.admission is Admission.PENDING:
        return State.PENDING, presence.since
    if worked_on is not None:
        return State.MAINTENANCE, worked_on
    if presence.unknown:
        return State.UNKNOWN, presence.since
    if presence.connected is False or not presence.fresh:
        return State.OFFLINE, presence.since
    worst = max(active, key=lambda alert: (alert.severity.rank, -alert.since), default=None)
    if worst is not None:
        grave = worst.severity.rank >= Severity.MAJOR.rank
        return (State.CRITICAL if grave else State.WARNING), worst.since
    if presence.working is False:
        return State.WARNING, presence.since
    return State.OK, presence.since


def _over(alert: Alert) -> bool:
    """Whether the trouble has ended and only waits to be seen."""
    return alert.condition not in (Condition.FIRING, Condition.RECOVERING)


class Scene:
    """The picture and its history of changes.

    Numbers begin at `first`. Give it the start time in milliseconds: then a number from before a restart
    is older than every number since, and its owner gets a snapshot instead of a wrong step. `reaches` says
    by address what cameras see and loudspeakers cover.
    """

    def __init__(self, site_name: str, *, first: int = 0, reaches: Mapping[str, Reach] = NO_REACHES) -> None:
        self.site_name = site_name
        self._reaches = reaches
        self.seq = first
        self.totals = [0] * len(STATES)
        self._first = first
        self._floor = first  # steps up to here may have been dropped
        self._index: dict[str, int] = {}
        self._views: dict[str, View] = {}
        self._dots: dict[int, Dot] = {}
        self._areas: dict[str, list[int]] = {}
        self._alerts: dict[str, Alert] = {}
        self._by_device: dict[str, dict[str, Alert]] = {}
        self._going = Going()
        self._steps: deque[Step] = deque()
        # key -> number of its last change, in the order of the numbers
        self._touched: dict[int, int] = {}
        self._about: dict[int, int] = {}
        self._counted: dict[str, int] = {}
        self._probe: tuple[int, int] | None = None  # number of its last change, stamp

    def apply(self, heard: Heard) -> int:
        """Take in what one step of the ingest changed; returns the number after it."""
        number = self.seq + 1
        changed = False
        for view in heard.views:
            self._views[view.device.address] = view
            changed |= self._redraw(view, number)
        self.seq = number if changed else self.seq
        return self.seq

    def apply_alerts(self, transitions: Iterable[Transition]) -> int:
        """Take in steps of alerts, in their order; returns the number after them."""
        number = self.seq + 1
        changed = False
        for transition in transitions:
            alert = transition.alert
            self._mind(alert)
            if shown(alert) or alert.id in self._alerts:
                self._take_step(transition, number)
                changed = True
            view = self._views.get(alert.device)
            if view is not None:
                changed |= self._redraw(view, number)
        self.seq = number if changed else self.seq
        return self.seq

    def apply_works(self, works: Iterable[Work]) -> int:
        """Take in the planned work that goes on from now on, all of it; returns the number after it."""
        before, going = self._going, Going(works)
        if going.works == before.works:
            return self.seq
        self._going = going
        number = self.seq + 1
        changed = False
        for view in self._views.values():
            if before.since(view.device) != going.since(view.device):
                changed |= self._redraw(view, number)
        self.seq = number if changed else self.seq
        return self.seq

    def apply_probe(self, stamp: int) -> int:
        """Take in the self-probe's newest stamp; returns the number after it."""
        if self._probe is None or stamp > self._probe[1]:
            self.seq += 1
            self._probe = self.seq, stamp
        return self.seq

    def snapshot(self) -> Snapshot:
        """The whole picture now."""
        return Snapshot(
            seq=self.seq,
            dots=dict(self._dots),
            areas={area: tuple(counts) for area, counts in self._areas.items()},
            alerts=dict(self._alerts),
            probe=None if self._probe is None else self._probe[1],
        )

    def delta_since(self, since: int) -> Delta | None:
        """What leads from `since` to now; `None` when that is not known any more: take a snapshot."""
        if not max(self._first, self._floor) <= since <= self.seq:
            return None
        return Delta(
            since=since,
            seq=self.seq,
            dots={index: self._dots.get(index) for index in _newer(self._touched, since)},
            about=frozenset(_newer(self._about, since)),
            areas={area: tuple(self._areas[area]) for area in _newer(self._counted, since)},
            steps=self._steps_after(since),
            probe=self._probe[1] if self._probe is not None and self._probe[0] > since else None,
        )

    def unacknowledged(self) -> list[Alert]:
        """The alerts on the wall that nobody has acknowledged: those still bad first, worst first, then oldest."""
        waiting = (alert for alert in self._alerts.values() if not alert.acked)
        return sorted(waiting, key=lambda alert: (_over(alert), -alert.severity.rank, alert.since, alert.id))

    def counts(self) -> Counts:
        """How many devices are in each state."""
        return tuple(self.totals)

    def _mind(self, alert: Alert) -> None:
        """What colours its device: whatever is bad, told or not."""
        mine = self._by_device.setdefault(alert.device, {})
        mine.pop(alert.id, None)
        if alert.condition in (Condition.FIRING, Condition.RECOVERING):
            mine[alert.id] = alert
        elif not mine:
            del self._by_device[alert.device]

    def _take_step(self, transition: Transition, number: int) -> None:
        alert = transition.alert
        self._alerts.pop(alert.id, None)  # also when it stays: newest last, as `fold` does
        if shown(alert):
            self._alerts[alert.id] = alert
        if len(self._steps) == KEPT_STEPS:
            self._floor = self._steps.popleft().seq
        self._steps.append(Step(number, alert, transition.cause, transition.at, transition.announce))

    def _redraw(self, view: View, number: int) -> bool:
        """Draw one device anew; returns whether that changed the picture."""
        index = self._index.setdefault(view.device.address, len(self._index))
        old, new = self._dots.get(index), self._draw(view)
        if old == new:
            return False
        if new is None:
            del self._dots[index]
        else:
            self._dots[index] = new
        self._recount(old, new, number)
        _mark(self._touched, index, number)
        if old is None or new is None or old.about != new.about:
            _mark(self._about, index, number)
        return True

    def _draw(self, view: View) -> Dot | None:
        device = view.device
        if device.admission is Admission.RETIRED:
            return None
        state, since = judge(view, self._by_device.get(device.address, {}).values(), self._going.since(device))
        name, reach = device.name or device.slug, self._reaches.get(device.address)
        return Dot(device.address, name, device.family, device.lat, device.lon, device.area, state, since, reach)

    def _recount(self, old: Dot | None, new: Dot | None, number: int) -> None:
        for dot, step in ((old, -1), (new, 1)):
            if dot is None:
                continue
            self.totals[dot.state.code] += step
            if dot.area is not None:
                self._areas.setdefault(dot.area, [0] * len(STATES))[dot.state.code] += step
                _mark(self._counted, dot.area, number)

    def _steps_after(self, since: int) -> tuple[Step, ...]:
        newer: list[Step] = []
        for step in reversed(self._steps):
            if step.seq <= since:
                break
            newer.append(step)
        return tuple(reversed(newer))


def _mark(order: dict[K, int], key: K, number: int) -> None:
    """Make `key` the last changed one."""
    order.pop(key, None)
    order[key] = number


def _newer(order: dict[K, int], since: int) -> list[K]:
    """The keys changed after `since`; costs only as many steps as there are."""
    keys: list[K] = []
    for key in reversed(order):
        if order[key] <= since:
            break
        keys.append(key)
    return keys

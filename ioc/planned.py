"""Planned work as availability and the wall understand it: the alerts' maintenance windows, occurrence by occurrence.

Decides which of them touch a span and what each means: devices, families, areas with all below them. A window of single
rules is about those rules, not about the devices: it takes nothing out of any figure and no device off the wall.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Final

from alerts.domains import Grounds
from alerts.rows import millis
from alerts.store import QuietStore
from alerts.suppression import Maintenance as Planned
from alerts.suppression import Quiet
from ioc.api.times import moment
from ioc.history.availability import Maintenance, Window
from maps.works import Work

MOST: Final = 1000  # windows looked at, the newest

Below = Callable[[str], Sequence[str]]
"""An area and all areas below it."""


def maintenance(store: QuietStore, below: Below) -> Maintenance:
    """The port of availability over what operators have planned."""

    def windows(since: datetime, until: datetime) -> Sequence[Window]:
        begin, end = millis(since) or 0, millis(until) or 0
        return [
            window
            for quiet, ended_at, _ in store.list_quiets(Planned, limit=MOST)
            if isinstance(quiet, Planned) and not quiet.scope.rules
            for low, high in occurrences(quiet, begin, end, ended_at)
            for window in _of(quiet, Window(moment(low), moment(high)), below)
        ]

    return windows


def occurrences(planned: Planned, begin: int, end: int, ended_at: int | None) -> Iterator[tuple[int, int]]:
    """From when to when the work went on within a span; called off at `ended_at`, if it was. Epoch ms."""
    for low, high in _whole(planned, begin, end, ended_at):
        yield max(low, begin), min(high, end)


def works(quiets: Iterable[tuple[Quiet, int | None]], grounds: Grounds, begin: int, end: int) -> Iterator[Work]:
    """The work of a span as the wall draws it, each piece whole; with each window, when it was called off. Epoch ms."""
    for quiet, ended_at in quiets:
        scope = quiet.scope
        if not isinstance(quiet, Planned) or scope.rules or not (spans := [*_whole(quiet, begin, end, ended_at)]):
            continue
        named = frozenset(scope.areas)
        areas = named | {slug for slug in grounds.parents if not named.isdisjoint(grounds.areas(slug))}
        for since, until in spans:
            yield Work(since, until, areas, frozenset(scope.families), frozenset(scope.devices))


def going_on(quiets: Iterable[Quiet], device: str, areas: Collection[str], now: int) -> Iterator[tuple[Planned, int]]:
    """The windows in force that take a device out of service, each with its end; `areas`: its area and all above it."""
    for quiet in quiets:
        span = quiet.occurrence(now)
        if span is None or not isinstance(quiet, Planned) or quiet.scope.rules:
            continue
        if quiet.scope.covers(rule="", device=device, areas=areas):
            yield quiet, span[1]


def _whole(planned: Planned, begin: int, end: int, ended_at: int | None) -> Iterator[tuple[int, int]]:
    """Every occurrence that touches a span, from its beginning to its end or to when it was called off."""
    last = end if ended_at is None else min(end, ended_at)
    at = begin
    while at < last:
        now = planned.occurrence(at)
        if now is None:
            start = planned.next_start(at)
            now = None if start is None else (start, start + planned.length_ms)
        if now is None or now[0] >= last:
            return
        yield now[0], now[1] if ended_at is None else min(now[1], ended_at)
        at = now[1]


def _of(planned: Planned, when: Window, below: Below) -> Iterator[Window]:
    scope = planned.scope
    areas = {part for area in scope.areas for part in below(area)} if scope.areas else {None}
    for area, family, device in product(areas, scope.families or (None,), scope.devices or (None,)):
        yield replace(when, area=area, family=family, device=device)

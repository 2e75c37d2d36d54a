"""Planned work as availability understands it: the alerts' maintenance windows, occurrence by occurrence.

Decides which of them touch a span and what each means: devices, families, areas with all below them. A window of single
rules is about those rules, not about the devices: it takes nothing out of any figure.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import Final

from alerts.rows import millis
from alerts.store import QuietStore
from alerts.suppression import Maintenance as Planned
from ioc.api.times import moment
from ioc.history.availability import Maintenance, Window

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
    last = end if ended_at is None else min(end, ended_at)
    at = begin
    while True:
        now = planned.occurrence(at)
        if now is None:
            start = planned.next_start(at)
            now = None if start is None else (start, start + planned.length_ms)
        if now is None or now[0] >= last:
            return
        yield max(now[0], begin), min(now[1], last)
        at = now[1]


def _of(planned: Planned, when: Window, below: Below) -> Iterator[Window]:
    scope = planned.scope
    areas = {part for area in scope.areas for part in below(area)} if scope.areas else {None}
    for area, family, device in product(areas, scope.families or (None,), scope.devices or (None,)):
        yield replace(when, area=area, family=family, device=device)

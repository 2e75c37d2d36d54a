"""Plays the past to rules and counts what would have been raised.

Pure: readings in, a report out; nothing is stored and nobody is told. A device is silent three of its intervals after
its last reading; what its status said then is not kept, and so not known. `for` and all other times are exact: time
passes from one due moment to the next.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from alerts.domains import Grounds
from alerts.engine import Engine
from alerts.model import Announce, Transition
from alerts.rule import Rule
from ingest.model import Device, Heard, Presence, Sample, View
from ingest.presence import SILENCE

_USUAL_S: Final = 60.0
KEPT: Final = 200  # alerts told one by one


@dataclass(frozen=True, slots=True)
class Raised:
    """One alert as it would have been; times in epoch ms."""

    rule: str
    device: str
    severity: str
    since: int
    fired_at: int
    cleared_at: int | None
    told: bool


@dataclass(slots=True)
class Report:
    """What would have been: how often each rule fired, and what people would have been told."""

    readings: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    raised: list[Raised] = field(default_factory=list)


class Replay:
    """Give it the rules and the devices, then `hear` readings in their order, then `end`."""

    def __init__(self, rules: Sequence[Rule], devices: Mapping[str, Device], grounds: Grounds) -> None:
        self.report = Report()
        self._engine = Engine(rules, grounds=grounds)
        self._devices = devices
        self._heard: dict[str, int] = {}
        self._silences: list[tuple[int, str]] = []  # when a device may be silent
        self._silent: set[str] = set()
        self._raised: dict[tuple[str, int], Raised] = {}

    def hear(self, samples: Sequence[Sample]) -> None:
        """Readings that came in at one time."""
        if not samples:
            return
        now = samples[-1].received_at
        self._pass(now)
        views = []
        for sample in samples:
            if sample.device not in self._heard or sample.device in self._silent:
                there = Presence(connected=True, fresh=True, working=True, since=now)
                views.append(View(self._devices[sample.device], there))
                self._silent.discard(sample.device)
            if sample.device not in self._heard or self._heard[sample.device] != now:
                self._heard[sample.device] = now
                heapq.heappush(self._silences, (now + self._patience(sample.device), sample.device))
        self.report.readings += len(samples)
        self._take(self._engine.observe(Heard(now, tuple(views), tuple(samples))))

    def end(self, now: int) -> Report:
        """Let time pass until the end, and give the report."""
        self._pass(now)
        found = sorted(self._raised.values(), key=lambda each: (each.fired_at, each.rule, each.device))
        self.report.raised = found[:KEPT]
        return self.report

    def _pass(self, now: int) -> None:
        """Let everything happen that time alone brings, in its order."""
        while True:
            times = [self._engine.due, self._silences[0][0] if self._silences else None]
            first = min((time for time in times if time is not None), default=None)
            if first is None or first > now:
                return
            self._miss(first)
            self._take(self._engine.tick(first))

    def _miss(self, now: int) -> None:
        views = []
        while self._silences and self._silences[0][0] <= now:
            _, address = heapq.heappop(self._silences)
            if self._heard[address] + self._patience(address) <= now and address not in self._silent:
                self._silent.add(address)
                silent = Presence(connected=True, fresh=False, reason="silent", since=now)
                views.append(View(self._devices[address], silent))
        if views:
            self._take(self._engine.observe(Heard(now, tuple(views))))

    def _take(self, steps: Iterable[Transition]) -> None:
        for step in steps:
            alert = step.alert
            key = (alert.id, alert.episode)
            if step.announce is not None:
                self.report.messages += 1
            if alert.firing_since is None:
                continue
            known = self._raised.get(key)
            told = step.announce == Announce.OPEN
            if known is None:
                self.report.fired[alert.rule] += 1
            if told:
                self.report.told[alert.rule] += 1
            self._raised[key] = Raised(
                alert.rule, alert.device, alert.peak_severity, alert.since, alert.firing_since, alert.cleared_at,
                told or (known is not None and known.told),
            )  # fmt: skip

    def _patience(self, address: str) -> int:
        return SILENCE * int((self._devices[address].interval_s or _USUAL_S) * 1000)

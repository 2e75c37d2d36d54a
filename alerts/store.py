"""Where alerts, their timelines, operators' requests and owed messages are kept: the port, and one in memory.

A store decides nothing: letters follow `alerts.outbox`. What one `save` gives is kept whole or not at all;
saving the same again changes nothing. Raises `StoreDownError` while it cannot be reached.
"""

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from alerts import outbox
from alerts.model import Alert, Request, Severity, Transition
from alerts.outbox import Letter
from alerts.suppression import Quiet


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: `done` or the word of a refusal; nothing of it while it waits."""

    request_id: str
    done_at: int | None = None
    outcome: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One step in an alert's timeline, as people read it."""

    version: int
    at: int
    cause: str
    before: str | None
    after: str
    severity: Severity
    episode: int
    value: float | str | None
    reason: str
    announce: str | None
    actor: str | None
    comment: str | None


class AlertStore(Protocol):
    """What the service and the web need kept."""

    def load(self) -> tuple[tuple[Alert, ...], int | None]:
        """The alerts that are open, and when they were last evaluated."""

    def keep_time(self, evaluated_at: int) -> None:
        """Remember when the engine last evaluated."""

    def save(
        self, steps: Sequence[Transition], *, channels: Sequence[str] = (), answers: Sequence[Answer] = ()
    ) -> None:
        """Keep steps, the letters they owe to the channels, and answers to requests, in one transaction."""

    def list(
        self,
        *,
        is_open: bool | None = None,
        areas: Collection[str] | None = None,
        severity: Severity | None = None,
        device: str | None = None,
        parent: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> tuple[Alert, ...]:
        """Alerts that ever fired, newest first; `cursor` is the id of the last one already read."""

    def get(self, alert_id: str) -> tuple[Alert, tuple[Entry, ...]] | None:
        """An alert and its timeline, oldest first."""

    def request(self, request: Request) -> None:
        """Write down what an operator asks; an id already known is left alone."""

    def requests(self, limit: int = 100) -> tuple[Request, ...]:
        """Requests that wait for the engine, oldest first."""

    def answer(self, request_id: str) -> Answer | None:
        """What came of a request so far; None where there is no such request."""


class QuietStore(Protocol):
    """Where silences and maintenance windows are kept."""

    def quiets(self, now: int) -> tuple[Quiet, ...]:
        """Those not over: what the engine is to know."""

    def list_quiets(
        self, kind: type[Quiet], *, limit: int = 100, cursor: str | None = None
    ) -> tuple[tuple[Quiet, int | None, str | None], ...]:
        """All silences or all windows, newest first, each with when and by whom it was ended early."""

    def add_quiet(self, quiet: Quiet) -> None:
        """Keep a new one."""

    def end_quiet(self, kind: type[Quiet], quiet_id: str, actor: str, now: int) -> bool:
        """End one early; whether there was one to end."""


class LetterStore(Protocol):
    """What a courier needs of the store."""

    def lease(self, channel: str, now: int) -> Letter | None:
        """The channel's next letter, leased; no other courier gets it meanwhile."""

    def settle(self, letter: Letter) -> None:
        """Keep what became of a leased letter, unless another courier has it by now."""


class MemoryStore:
    """Both ports in memory, for tests and trials; forgets when the process ends."""

    def __init__(self) -> None:
        self.letters: dict[str, Letter] = {}
        self._alerts: dict[str, Alert] = {}
        self._timelines: dict[str, dict[int, Entry]] = {}
        self._requests: dict[str, tuple[Request, Answer]] = {}
        self._evaluated_at: int | None = None
        self._quiets: dict[str, tuple[Quiet, int | None, str | None]] = {}
        self._lock = threading.Lock()

    def load(self) -> tuple[tuple[Alert, ...], int | None]:
        """See `AlertStore`."""
        return tuple(alert for alert in self._alerts.values() if alert.open), self._evaluated_at

    def keep_time(self, evaluated_at: int) -> None:
        """See `AlertStore`."""
        self._evaluated_at = evaluated_at

    def save(
        self, steps: Sequence[Transition], *, channels: Sequence[str] = (), answers: Sequence[Answer] = ()
    ) -> None:
        """See `AlertStore`."""
        with self._lock:
            for step in steps:
                self._save_step(step, channels)
            for answer in answers:
                request, _ = self._requests[answer.request_id]
                self._requests[answer.request_id] = (request, answer)

    def list(
        self,
        *,
        is_open: bool | None = None,
        areas: Collection[str] | None = None,
        severity: Severity | None = None,
        device: str | None = None,
        parent: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> tuple[Alert, ...]:
        """See `AlertStore`."""
        chosen = [
            alert
            for alert in self._alerts.values()
            if alert.firing_since is not None
            and is_open in (None, alert.open)
            and (areas is None or alert.area in areas)
            and severity in (None, alert.severity)
            and device in (None, alert.device)
            and parent in (None, alert.parent)
            and (cursor is None or alert.id < cursor)
        ]
        return tuple(sorted(chosen, key=lambda alert: alert.id, reverse=True)[:limit])

    def get(self, alert_id: str) -> tuple[Alert, tuple[Entry, ...]] | None:
        """See `AlertStore`."""
        alert = self._alerts.get(alert_id)
        return None if alert is None else (alert, tuple(self._timelines[alert_id].values()))

    def request(self, request: Request) -> None:
        """See `AlertStore`."""
        self._requests.setdefault(request.id, (request, Answer(request.id)))

    def requests(self, limit: int = 100) -> tuple[Request, ...]:
        """See `AlertStore`."""
        waiting = [request for request, answer in self._requests.values() if answer.done_at is None]
        return tuple(sorted(waiting, key=lambda request: (request.asked_at, request.id))[:limit])

    def answer(self, request_id: str) -> Answer | None:
        """See `AlertStore`."""
        return self._requests[request_id][1] if request_id in self._requests else None

    def quiets(self, now: int) -> tuple[Quiet, ...]:
        """See `QuietStore`."""
        going = (quiet for quiet, ended, _ in self._quiets.values() if ended is None)
        return tuple(each for each in going if each.occurrence(now) or each.next_start(now) is not None)

    def list_quiets(
        self, kind: type[Quiet], *, limit: int = 100, cursor: str | None = None
    ) -> tuple[tuple[Quiet, int | None, str | None], ...]:
        """See `QuietStore`."""
        chosen = [kept for kept in self._quiets.values() if isinstance(kept[0], kind)]
        newest = sorted(chosen, key=lambda kept: kept[0].id, reverse=True)
        return tuple(kept for kept in newest if cursor is None or kept[0].id < cursor)[:limit]

    def add_quiet(self, quiet: Quiet) -> None:
        """See `QuietStore`."""
        self._quiets[quiet.id] = (quiet, None, None)

    def end_quiet(self, kind: type[Quiet], quiet_id: str, actor: str, now: int) -> bool:
        """See `QuietStore`."""
        kept = self._quiets.get(quiet_id)
        if kept is None or not isinstance(kept[0], kind) or kept[1] is not None:
            return False
        self._quiets[quiet_id] = (kept[0], now, actor)
        return True

    def lease(self, channel: str, now: int) -> Letter | None:
        """See `LetterStore`."""
        with self._lock:
            letter = outbox.next_due(self.letters.values(), channel, now)
            if letter is None:
                return None
            self.letters[letter.key] = leased = outbox.lease(letter, now)
            return leased

    def settle(self, letter: Letter) -> None:
        """See `LetterStore`."""
        with self._lock:
            kept = self.letters[letter.key]
            if kept.state is outbox.Delivery.LEASED and kept.attempts == letter.attempts:
                self.letters[letter.key] = letter

    def _save_step(self, step: Transition, channels: Iterable[str]) -> None:
        alert = step.alert
        kept = self._alerts.get(alert.id)
        timeline = self._timelines.setdefault(alert.id, {})
        if kept is None or kept.version < alert.version:
            self._alerts[alert.id] = replace(alert)
        if alert.version not in timeline:
            timeline[alert.version] = entry_of(step)
            earlier = [letter for letter in self.letters.values() if letter.alert_id == alert.id]
            self.letters |= {letter.key: letter for letter in outbox.post(step, channels, earlier)}
        if never_fired(alert):
            del self._alerts[alert.id], self._timelines[alert.id]


def entry_of(step: Transition) -> Entry:
    """A step as its timeline keeps it."""
    alert = step.alert
    return Entry(
        version=alert.version,
        at=step.at,
        cause=step.cause,
        before=None if step.before is None else step.before.value,
        after=alert.condition.value,
        severity=alert.severity,
        episode=alert.episode,
        value=alert.value,
        reason=alert.reason,
        announce=step.announce,
        actor=step.actor,
        comment=step.comment,
    )


def never_fired(alert: Alert) -> bool:
    """Whether it ended before anyone was told: nothing to keep, and there are many of them."""
    return not alert.open and alert.firing_since is None

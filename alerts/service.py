"""Runs the engine for the ingest: hears, ticks, answers operators, saves, and tells the wall.

Shell: what becomes of an alert is the engine's decision. Every method is called by one thread, blocks for a
bounded time and raises nothing for a database that is away: its steps then reach the wall at once and wait,
in order, in a bounded queue, until they can be saved.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from alerts.alertmanager import Report
from alerts.engine import Engine
from alerts.errors import StoreDownError, StoreRefusedError
from alerts.health import Health
from alerts.model import Refused, Request, Transition
from alerts.recollection import Recollection
from alerts.rule import Rule
from alerts.store import AlertStore, Answer, QuietStore
from ingest.model import Heard

KEEP_TIME_MS: Final = 5_000  # how exactly a restart knows how long it was down
RETRY_MS: Final = 2_000
BATCH: Final = 500
LEAP_MS: Final = 60_000  # a tick comes every second: after a longer gap we slept, or the clock leapt
RULES_MS: Final = 5_000  # how often changed rules are asked for
QUIET_MS: Final = 90_000  # and for so long no absence is believed

log = logging.getLogger(__name__)

Unsaved = tuple[Transition | None, Answer | None]


class ServiceStore(AlertStore, QuietStore, Protocol):
    """All that the service needs kept."""


class AlertService:
    """`publish` is told every step once, saved or not; `channels` are the names that letters are written to.

    `rules` gives the rules where they have changed since it was last asked, else None. The queue holds `backlog`
    steps; beyond that the oldest are let go, counted in `stats()["dropped"]`: the
    alerts themselves stay right, since each step carries its whole alert, but their timelines have gaps.
    """

    def __init__(
        self,
        engine: Engine,
        store: ServiceStore,
        *,
        publish: Callable[[Sequence[Transition]], None],
        channels: Sequence[str] = (),
        backlog: int = 10_000,
        rules: Callable[[], Sequence[Rule] | None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._publish = publish
        self._channels = tuple(channels)
        self._limit = backlog
        self._rules = rules
        self._rules_at = 0
        self._lessons: deque[tuple[str, str, object]] = deque()
        self._memories: deque[tuple[Rule, Mapping[str, Recollection] | None]] = deque()
        self._unsaved: deque[Unsaved] = deque()
        self._retry_at = 0
        self._kept_at = 0
        self._beside: list[Callable[[int], None]] = []
        self._ticked_at: int | None = None
        self._counts = {"steps": 0, "announced": 0, "dropped": 0, "refused": 0}

    def begin(self, now: int) -> None:
        """Show the wall what was already open before a restart; nobody is told anew."""
        alerts = self._engine.alerts.values()
        self._publish([Transition(alert, alert.condition, "restart", now) for alert in alerts])

    def hear(self, heard: Heard) -> None:
        """Judge what one step of the ingest changed."""
        self._remember(heard.now)
        self._take(self._engine.observe(heard), heard.now)

    def tick(self, now: int) -> None:
        """Let time pass, and do what operators asked; to be called about every second."""
        if self._ticked_at is not None and not 0 <= now - self._ticked_at <= LEAP_MS:
            log.warning("Time leapt: absences are not believed for a while", extra={"action": "time_leapt", "now": now})
            self._engine.doubt(now + QUIET_MS, now)
        self._ticked_at = now
        self._learn(now)
        self._remember(now)
        self._take(self._engine.tick(now), now)
        if self._unsaved or now < self._retry_at:
            return  # the database is away: neither requests nor time can be exchanged with it
        try:
            self._take(self._engine.adopt_quiets(self._store.quiets(now), now), now)
            self._answer(self._store.requests(), now)
            if now - self._kept_at >= KEEP_TIME_MS:
                self._store.keep_time(now)
                self._kept_at = now
            self._go_along(now)
        except StoreDownError as why:
            self._wait(now, why)

    def teach(self, rule: str, device: str, memory: object) -> None:
        """Give a rule with a memory what to remember, from any thread; taken up with the next tick."""
        self._lessons.append((rule, device, memory))

    def expect(self, rules: Sequence[Rule]) -> None:
        """Before anything is heard: the memories of these rules are being made, and `remember` will bring them."""
        self._engine.expect(rules)

    def remember(self, rule: Rule, memories: Mapping[str, Recollection] | None) -> None:
        """Give a rule the memories made anew (None: it begins anew), from any thread; taken up with what comes next."""
        self._memories.append((rule, memories))

    @property
    def health(self) -> Mapping[str, Health]:
        """How each rule fares, by name."""
        return dict(self._engine.health)

    def accompany(self, beside: Callable[[int], None]) -> None:
        """Have this called with each tick that reaches the database, by the same thread."""
        self._beside.append(beside)

    def _go_along(self, now: int) -> None:
        for beside in self._beside:
            try:
                beside(now)
            except StoreDownError:
                raise
            except Exception:
                log.exception("What goes along with the alerts failed", extra={"action": "beside_failed"})

    def report(self, reports: Sequence[Report], now: int) -> None:
        """Take alerts that somebody else judged."""
        steps = [self._engine.report(each.rule, each.device, each.finding, now) for each in reports]
        self._take([step for some in steps for step in some], now)

    def stats(self) -> dict[str, int]:
        """Counts since the start, and what is open and unsaved now."""
        return {**self._counts, "open": len(self._engine.alerts), "unsaved": len(self._unsaved)}

    def _learn(self, now: int) -> None:
        """Take up changed rules, and what was learned from the past."""
        if now - self._rules_at >= RULES_MS:
            self._rules_at = now
            rules = self._rules()
            if rules is not None:
                self._engine.adopt(rules)
                log.info("Rules were taken up", extra={"action": "rules_adopted", "rules": len(rules)})
        while self._lessons:
            self._engine.learn(*self._lessons.popleft())

    def _remember(self, now: int) -> None:
        while self._memories:
            self._take(self._engine.remember(*self._memories.popleft(), now), now)

    def _answer(self, requests: Sequence[Request], now: int) -> None:
        if not requests:
            return
        steps: list[Transition] = []
        for request in requests:
            outcome, more = self._engine.act_on(request, now)
            if isinstance(outcome, Refused):
                self._unsaved.append((None, Answer(request.id, now, outcome.reason, outcome.detail)))
            else:
                steps += (outcome, *more)
                self._unsaved.append((outcome, Answer(request.id, now, "done")))
                self._unsaved.extend((step, None) for step in more)
        self._deliver(steps, now)

    def _take(self, steps: Sequence[Transition], now: int) -> None:
        self._unsaved.extend((step, None) for step in steps)
        while len(self._unsaved) > self._limit:
            self._unsaved.popleft()
            self._counts["dropped"] += 1
        self._deliver(steps, now)

    def _deliver(self, steps: Sequence[Transition], now: int) -> None:
        if self._unsaved and now >= self._retry_at:
            self._save(now)
        self._counts["steps"] += len(steps)
        self._counts["announced"] += sum(step.announce is not None for step in steps)
        if steps:
            self._publish(steps)

    def _save(self, now: int) -> None:
        try:
            while self._unsaved:
                batch = [self._unsaved[place] for place in range(min(BATCH, len(self._unsaved)))]
                self._save_batch(batch)
                for _ in batch:
                    self._unsaved.popleft()
            self._retry_at = 0
        except StoreDownError as why:
            self._wait(now, why)

    def _save_batch(self, batch: Sequence[Unsaved]) -> None:
        """Save it whole; where the database refuses it, one by one, so that one bad step stops no other."""
        try:
            self._write(batch)
        except StoreRefusedError:
            for one in batch:
                try:
                    self._write([one])
                except StoreRefusedError as why:
                    self._counts["refused"] += 1
                    alert = None if one[0] is None else one[0].alert.id
                    facts = {"action": "alert_refused", "alert": alert, "why": str(why)}
                    log.exception("A step of an alert cannot be saved", extra=facts)

    def _write(self, batch: Sequence[Unsaved]) -> None:
        steps = [step for step, _ in batch if step is not None]
        answers = [answer for _, answer in batch if answer is not None]
        self._store.save(steps, channels=self._channels, answers=answers)

    def _wait(self, now: int, why: StoreDownError) -> None:
        self._retry_at = now + RETRY_MS
        facts = {"action": "alerts_unsaved", "unsaved": len(self._unsaved), "why": str(why)}
        log.warning("Alerts wait for the database", extra=facts)

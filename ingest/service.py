"""The ingest at work: takes messages, has them judged, keeps them, acknowledges, and tells the listeners.

One thread, one straight loop. It waits where it must (an empty line, a database away); every decision is elsewhere.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ingest.batch import Judge, Judged
from ingest.commands import rebirth
from ingest.conduct import Conduct
from ingest.deliveries import Deliveries
from ingest.errors import StoreUnavailableError
from ingest.keeping import Keeper
from ingest.ledger import Ledger
from ingest.model import Event, Heard, Message, Report, Sample, View
from ingest.noting import note_presence
from ingest.reader import Reader
from ingest.registry import Registry
from ingest.spool import Spool
from ingest.store import Admit, Loaded, Store
from ingest.throttle import Throttle

_log = logging.getLogger(__name__)
_TICK_MS = 1000
_WAIT_S = 0.2  # between attempts while neither database nor disk takes a batch
_CHECKPOINT_MS = 5000
_CHECKPOINT_ROWS = 1000  # or a twelfth of the devices: each is kept at least every minute
_DAY_MS = 24 * 3_600_000
_OVERLAP_MS = 10_000  # changed devices are asked for with this overlap: clocks of two machines differ


@dataclass(frozen=True, slots=True)
class Pace:
    """How batches are cut: at most `most` messages, gathered for `linger_s` after the first."""

    most: int = 5000
    linger_s: float = 0.05


class IngestService:
    """The loop. `listener` is told after every commit and once a second; `now` is the clock in epoch ms."""

    def __init__(
        self, reader: Reader, store: Store, judge: Judge, registry: Registry, admit: Admit, *,
        now: Callable[[], int], listener: Callable[[Heard], None], pace: Pace | None = None,
        spool: Spool | None = None, throttle: Throttle | None = None,
    ) -> None:  # fmt: skip
        self.reader, self.store, self.judge, self.registry = reader, store, judge, registry
        self.ledger = Ledger(now())
        self.stopping = threading.Event()
        self.keeper = Keeper(
            store, spool, self.ledger, judge.gate, hearing=self._hears, now=now,
        )  # fmt: skip
        self._deliveries, self._conduct = Deliveries(), Conduct(registry.interval_ms, registry.has_promised)
        judge.again = self._deliveries.again
        self._spool, self._throttle = spool, throttle or Throttle()
        self._folding = threading.Lock()  # the registry changes in this thread and is looked at from others
        self._admit, self._now, self._listener, self._pace = admit, now, listener, pace or Pace()
        self._ticked = self._checkpointed = self._connected = 0
        self._changed_since = self._ahead = now()  # a start makes room by itself

    def take_up(self, loaded: Loaded) -> None:
        """Go on where the last run ended: what was heard, what the devices were."""
        for known in loaded.known:
            self.judge.gate.remember(known.device, known.session, known.seqs, known.stamps)
        self._deliveries = Deliveries(loaded.deliveries)
        self.judge.again = self._deliveries.again
        for sample in loaded.since:
            self.registry.apply(sample, sample.received_at, retained=False, admission=self._admit(sample.device))
        for _, record in self._spool.records() if self._spool is not None else ():
            self._deliveries.note(record.batch)
            for judged in record.batch:
                self._remember(judged)
        self.judge.gate.take_begun()  # long ago
        self.keeper.taken_up()
        _log.info("took up the last state", extra={"action": "taken_up", "devices": len(self.registry)})

    def run(self) -> None:
        """Work until `stop`; then keep the last state."""
        self.reader.start()
        while not self.stopping.is_set():
            self.step()
        self._checkpoint(self._now())

    def stop(self) -> None:
        """Ask the loop to end; it leaves what is not kept yet with the broker."""
        self.stopping.set()
        self.reader.stop()

    def step(self) -> None:
        """One turn: a batch if there is one, then what time brings."""
        messages = self.reader.take(self._pace.most, self._pace.linger_s, timeout_s=_TICK_MS / 1000)
        if messages:
            self._hear(messages)
        self.keeper.drain()
        now = self._now()
        if not 0 <= now - self._ticked < _TICK_MS:  # a clock may be set back
            self._tick(now)
        if not 0 <= now - self._checkpointed < _CHECKPOINT_MS:
            self._checkpoint(now)

    def _hear(self, messages: Sequence[Message]) -> None:
        if self.reader.hearing.since != self._connected:
            self._connected = self.reader.hearing.since
            if self.reader.session_present is False:
                self._deliveries.forget()  # a new session numbers its packets anew
        judged = self._throttle.hold(self.judge.judge_all(messages), self._now())
        self.ledger.received = self.reader.received
        kept = self._keep(judged)
        if kept is None:
            return  # stopping while neither database nor disk takes it: the broker will bring it again
        self._deliveries.note(kept)
        self.reader.ack(messages)
        self._tell(kept)

    def _keep(self, batch: Sequence[Judged]) -> list[Judged] | None:
        """Keep a batch; while nothing takes it the line waits, alive."""
        while (kept := self.keeper.keep(batch)) is None:
            if self.stopping.wait(_WAIT_S):
                return None
            self.reader.tend()
        return kept

    def _hears(self) -> bool:
        return self.reader.hearing.deaf_since is None

    def _remember(self, judged: Judged) -> None:
        """Take up a message that is still on disk: it is known, and its device is what it says."""
        retained = judged.message.retained
        for report in judged.reports:
            self.judge.gate.admit(report, retained=False)
            admission = self._admit(report.device)
            self.registry.apply(report, judged.message.received_at, retained=retained, admission=admission)

    def _tell(self, kept: Sequence[Judged]) -> None:
        """Fold what was kept into the registry and tell the listener what is new."""
        samples: list[Sample] = []
        events: list[Event] = []
        heard = 0
        with self._folding:
            for judged in kept:
                for report in judged.reports:
                    if isinstance(report, Sample):
                        samples.append(report)
                    else:
                        self.registry.hear(samples[heard:], self._admit)
                        heard = len(samples)
                        self._apply(judged.message, report, events)
            self.registry.hear(samples[heard:], self._admit)
            views = self.registry.settle(self._now())
        now = self._now()
        for device in self.judge.gate.missed(now, self.registry.knows_rebirth):
            order = rebirth(device, now)
            self.reader.publish(order.topic, order.payload())
        news = tuple([sample for sample in samples if not (sample.suspect or sample.late)])
        begun = self._conduct.begin(self.judge.gate.take_begun(), now, self.reader.hearing.since)
        self._listener(Heard(now, views, news, tuple(events), (*self._conduct.hear(samples), *begun)))

    def _apply(self, message: Message, report: Report, events: list[Event]) -> None:
        admission = self._admit(report.device)
        self.registry.apply(report, message.received_at, retained=message.retained, admission=admission)
        if isinstance(report, Event) and not report.suspect:
            events.append(report)

    def views(self) -> tuple[View, ...]:
        """All devices as they are now; any thread may ask."""
        with self._folding:
            return self.registry.views()

    def _tick(self, now: int) -> None:
        """Once a second: what operators changed, what time made silent."""
        self._ticked = now
        self.registry.hearing = self.reader.hearing
        self._adopt_changes(now)
        with self._folding:
            changed: dict[str, View] = {view.device.address: view for view in self.registry.settle(now)}
            changed.update((view.device.address, view) for view in self.registry.tick(now))
        note_presence(self.registry.log, self.store, now, away=self.keeper.away)
        self._listener(Heard(now, tuple(changed.values()), measures=tuple(self._conduct.tick(now))))

    def _adopt_changes(self, now: int) -> None:
        """What operators changed of devices; asked again later while the database is away."""
        if self.keeper.away:
            return
        with suppress(StoreUnavailableError):  # the next batch says so
            for device in self.store.changed(self._changed_since - _OVERLAP_MS):
                self.registry.adopt(device)
            self._changed_since = now

    def _checkpoint(self, now: int) -> None:
        self._checkpointed = now
        self.ledger.received = self.reader.received
        if self.keeper.away:
            return
        with self._folding:
            rows = self.registry.unkept(
                None if self.stopping.is_set() else max(_CHECKPOINT_ROWS, len(self.registry) // 12)
            )
        try:
            self.store.checkpoint(rows, self.ledger, now, hearing=self._hears())
            if now - self._ahead >= _DAY_MS:
                self.store.ahead()
                self._ahead = now
        except StoreUnavailableError:
            self.registry.forget_kept(rows)

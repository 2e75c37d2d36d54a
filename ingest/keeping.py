"""Keeps batches: in the database, or on disk while that is away, and drains the disk when it is back.

Decides where a batch goes and when to try again; never what is in it. Nothing waits for the database: where it is
away the batch is on disk, synced, before it is acknowledged. Only where the disk is full too does the line wait.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence

from ingest.admission import Gate
from ingest.batch import Judged, refuse
from ingest.errors import SpoolFullError, StoreRefusedError, StoreUnavailableError
from ingest.ledger import Ledger, Outcome
from ingest.model import Message
from ingest.spool import Record, Spool
from ingest.store import Mark, Store
from ingest.throttle import only_samples

_log = logging.getLogger(__name__)
_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 200, 5000
_DRAIN_MS = 200  # of each turn, at most, so that live data keeps flowing


class Keeper:
    """`gate` tells which numbers are missing; `hearing`, whether the line is up; `now`, the time."""

    def __init__(
        self, store: Store, spool: Spool | None, ledger: Ledger, gate: Gate, *,
        hearing: Callable[[], bool], now: Callable[[], int], shed_above: float = 0.9,
    ) -> None:  # fmt: skip
        self._store, self._spool, self.ledger = store, spool, ledger
        self._gate, self._hearing, self._now, self._shed_above = gate, hearing, now, shed_above
        self._wait_ms, self._try_at = _FIRST_WAIT_MS, 0
        self._full_told = False
        self._mark: int | None = None  # the last record that the store kept; asked once
        if spool is not None:
            ledger.spooled = spool.messages
            ledger.carried = spool.messages

    @property
    def away(self) -> bool:
        """Whether the database was not to be had, last we tried."""
        return self._try_at > 0

    def keep(self, batch: Sequence[Judged]) -> list[Judged] | None:
        """Keep a batch; what of it is new, or None where neither database nor disk takes it now."""
        if self._now() >= self._try_at:
            try:
                return self._write(batch)
            except StoreUnavailableError as error:
                self._lost(error)
        return self._put_aside(batch)

    def drain(self) -> None:
        """Bring what is on disk into the database, oldest first, for a part of a second."""
        if not self._spool or self._now() < self._try_at:
            return
        until = self._now() + _DRAIN_MS
        try:
            for number, record in self._spool.records():
                self._drain(self._spool, number, record)
                if self._now() >= until:
                    return
            _log.info("the disk is drained into the database", extra={"action": "spool_drained"})
        except StoreUnavailableError as error:
            self._lost(error)

    def _drain(self, spool: Spool, number: int, record: Record) -> None:
        if self._mark is None:
            self._mark = self._store.marked(spool.id)
        if number > self._mark:
            self._keep_record(record, Mark(spool.id, number))
        spool.done(number)
        spool.settle(record.messages)
        self.ledger.spooled -= record.messages
        if number <= self._mark:
            self.ledger.carried -= record.messages  # an earlier run accounted for it
        self._mark = max(self._mark, number)

    def _keep_record(self, record: Record, mark: Mark) -> None:
        gone = [judged for device, n in record.shed.items() for judged in [_shed_of(device, record)] * n]
        batch = [*record.batch, *gone]
        try:
            self._commit(batch, mark)
        except StoreRefusedError as error:
            self._isolate(batch, error)
            self._commit([], mark)

    def _write(self, batch: Sequence[Judged]) -> list[Judged]:
        try:
            kept = self._commit(batch, None)
        except StoreRefusedError as error:
            kept = self._isolate(batch, error)
        if self.away:
            self._try_at, self._wait_ms, self._full_told = 0, _FIRST_WAIT_MS, False
            _log.info("the database is back", extra={"action": "store_back"})
        return kept

    def _commit(self, batch: Sequence[Judged], mark: Mark | None) -> list[Judged]:
        gaps = dict(self._gate.owed)
        outcomes = self._store.write(batch, self.ledger, gaps, hearing=self._hearing(), mark=mark)
        self._gate.paid(gaps)
        self.ledger.seq_gaps += sum(gaps.values())
        self.ledger.settle(outcomes)
        return [judged for judged, outcome in zip(batch, outcomes, strict=True) if outcome is Outcome.STORED]

    def _isolate(self, batch: Sequence[Judged], error: StoreRefusedError) -> list[Judged]:
        """Split until the message that the database refuses stands alone; the others are kept."""
        if len(batch) == 1:
            return self._commit([refuse(batch[0].message, "store_refused", str(error))], None)
        middle = len(batch) // 2
        kept: list[Judged] = []
        for half in (batch[:middle], batch[middle:]):
            try:
                kept += self._commit(half, None)
            except StoreRefusedError as again:
                kept += self._isolate(half, again)
        return kept

    def _put_aside(self, batch: Sequence[Judged]) -> list[Judged] | None:
        """To disk; above its mark without readings (never without events and statuses), all of them accounted for."""
        if self._spool is None:
            return None
        let_go: Counter[str] = Counter()
        if self._spool.filling >= self._shed_above:
            let_go.update(judged.reports[0].device for judged in batch if only_samples(judged))
            batch = [judged for judged in batch if not only_samples(judged)]
        try:
            self._spool.append(batch, self._now(), let_go)
        except SpoolFullError as error:
            if not self._full_told:
                self._full_told = True
                _log.error("the disk is full too; the line waits with the broker until the database is back",
                           extra={"action": "spool_full", "why": str(error)})  # fmt: skip
            return None
        self.ledger.spooled += len(batch) + sum(let_go.values())
        return [judged for judged in batch if judged.outcome is Outcome.STORED]

    def _lost(self, error: StoreUnavailableError) -> None:
        if not self.away:
            _log.warning("the database is away; batches go to disk", extra={"action": "store_away", "why": str(error)})
        self._try_at = self._now() + self._wait_ms
        self._wait_ms = min(self._wait_ms * 2, _LONGEST_WAIT_MS)


def _shed_of(device: str, record: Record) -> Judged:
    """A stand-in for a message of that device that was let go while its batch was spooled."""
    return Judged(Message(device, b"", record.at), Outcome.SHED, reason="spool_full", detail=device)

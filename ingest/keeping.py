"""Keeps batches: in the database, or on disk while that is away, and drains the disk when it is back.

Decides where a batch goes and when to try again; never what is in it. Nothing waits for the database: where it is
away the batch is on disk, synced, before it is acknowledged. Only where the disk is full too does the line wait.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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
_STORED = Outcome.STORED
_DRAIN_MS = 200  # of each turn, at most, so that live data keeps flowing


@dataclass(slots=True)
class _Work:
    """A batch and how far it is committed: the parts that are left, the next one last."""

    batch: Sequence[Judged]
    gaps: Mapping[str, int]  # missing numbers by device, to be entered with it
    kept: list[Judged] = field(default_factory=list)
    left: list[Sequence[Judged]] = field(init=False)

    def __post_init__(self) -> None:
        self.left = [self.batch]


class Keeper:
    """`gate` tells which numbers are missing; `hearing`, whether the line is up; `now`, the time."""

    def __init__(
        self, store: Store, spool: Spool | None, ledger: Ledger, gate: Gate, *,
        hearing: Callable[[], bool], now: Callable[[], int], shed_above: float = 0.9,
    ) -> None:  # fmt: skip
        self._store, self._spool, self.ledger = store, spool, ledger
        self._gate, self._hearing, self._now, self._shed_above = gate, hearing, now, shed_above
        self._wait_ms, self._try_at = _FIRST_WAIT_MS, 0
        self._full_told = self._shedding_told = False
        self._mark: int | None = None  # the last record that the store kept; asked once
        self._begun: _Work | None = None  # a batch that nothing took whole
        self._draining: tuple[Mark, _Work] | None = None  # a record that the store took in part
        if spool is not None:
            ledger.spooled = spool.messages
            ledger.carried = spool.messages

    @property
    def away(self) -> bool:
        """Whether the database was not to be had, last we tried."""
        return self._try_at > 0

    def keep(self, batch: Sequence[Judged]) -> list[Judged] | None:
        """Keep a batch; what of it is new, or None where neither database nor disk takes it now: then ask again."""
        work = self._begun if self._begun is not None and self._begun.batch is batch else self._begin(batch)
        self._begun = None
        if self._due():
            try:
                self._work_off(work, None)
                self._found()
            except StoreUnavailableError as error:
                self._lost(error)
        if work.left:
            aside = self._put_aside([judged for part in reversed(work.left) for judged in part], work.gaps)
            if aside is None:
                self._begun = work  # what of it is in the database already stays so
                return None
            work.kept += aside
        return work.kept

    def taken_up(self) -> None:
        """What admission knows now is kept; what it misses was counted in the hour or stands with a record on disk."""
        self._gate.paid(dict(self._gate.owed))

    def drain(self) -> None:
        """Bring what is on disk into the database, oldest first, for a part of a second."""
        if not self._spool or not self._due():
            return
        began = self._now()
        try:
            for number, record in self._spool.records():
                self._drain(self._spool, number, record)
                if not 0 <= self._now() - began < _DRAIN_MS:
                    break
            else:
                _log.info("the disk is drained into the database", extra={"action": "spool_drained"})
            self._found()
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
        if self._draining is None or self._draining[0] != mark:
            gone = [judged for device, n in record.shed.items() for judged in [_shed_of(device, record)] * n]
            self._draining = mark, _Work([*record.batch, *gone], record.gaps)
        self._work_off(self._draining[1], mark)
        self._draining = None

    def _work_off(self, work: "_Work", mark: Mark | None) -> None:
        """Commit what is left; what the database refuses is split until the culprit stands alone, and quarantined.

        Each part leaves the work as it is committed, so that an error between two of them enters nothing twice. The
        mark goes with the last.
        """
        while work.left:
            part = work.left[-1]
            try:
                kept = self._commit(part, work.gaps, mark if len(work.left) == 1 else None)
            except StoreRefusedError as error:
                work.left[-1:] = _smaller(part, error)
            else:
                work.left.pop()
                work.kept += kept
                work.gaps = {}

    def _due(self) -> bool:
        """Whether to try the database now; also where the clock was set back meanwhile."""
        return not 0 < self._try_at - self._now() <= _LONGEST_WAIT_MS

    def _found(self) -> None:
        if self.away:
            self._try_at, self._wait_ms = 0, _FIRST_WAIT_MS
            self._full_told = self._shedding_told = False
            _log.info("the database is back", extra={"action": "store_back"})

    def _begin(self, batch: Sequence[Judged]) -> "_Work":
        gaps = dict(self._gate.owed)
        self._gate.paid(gaps)
        return _Work(batch, gaps)

    def _commit(self, batch: Sequence[Judged], gaps: Mapping[str, int], mark: Mark | None) -> list[Judged]:
        outcomes = self._store.write(batch, self.ledger, gaps, hearing=self._hearing(), mark=mark)
        self.ledger.seq_gaps += sum(gaps.values())
        counts = Counter(outcomes)
        self.ledger.settle(counts)
        if counts[_STORED] == len(batch):
            return list(batch)
        return [judged for judged, outcome in zip(batch, outcomes, strict=True) if outcome is _STORED]

    def _put_aside(self, batch: Sequence[Judged], gaps: Mapping[str, int]) -> list[Judged] | None:
        """To disk; above its mark without readings (never without events and statuses), all of them accounted for."""
        if self._spool is None:
            return None
        let_go: Counter[str] = Counter()
        if self._spool.filling >= self._shed_above:
            if not self._shedding_told:
                self._shedding_told = True
                _log.warning("the spool is nearly full; readings are let go and counted, events and statuses are not",
                             extra={"action": "spool_shedding"})  # fmt: skip
            let_go.update(judged.reports[0].device for judged in batch if only_samples(judged))
            batch = [judged for judged in batch if not only_samples(judged)]
        try:
            self._spool.append(batch, self._now(), let_go, gaps)
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


def _smaller(part: Sequence[Judged], error: StoreRefusedError) -> list[Sequence[Judged]]:
    """What to try instead of a part that the database refuses, the next one last."""
    if len(part) > 1:
        middle = len(part) // 2
        return [part[middle:], part[:middle]]
    if not part or part[0].reason == "store_refused":
        raise error  # even the note of it
    return [[refuse(part[0].message, "store_refused", str(error))]]


def _shed_of(device: str, record: Record) -> Judged:
    """A stand-in for a message of that device that was let go while its batch was spooled."""
    return Judged(Message(device, b"", record.at), Outcome.SHED, reason="spool_full", detail=device)

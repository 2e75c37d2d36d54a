"""The port to what keeps: what the ingest asks of a store, and the store in memory that unit tests use.

`write` is all or nothing: when it returns, the batch is durable and may be acknowledged.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ingest.batch import Judged, says_nothing_else
from ingest.deliveries import delivery
from ingest.ledger import Ledger, Outcome
from ingest.model import Admission, Birth, Device, Event, Report, Sample
from ingest.presence import Note
from ingest.registry import Checkpoint

Admit = Callable[[str], Admission]


@dataclass(frozen=True, slots=True)
class Known:
    """What admission must know of one device after a restart: ranges of numbers of a session, stamps, readings."""

    device: str
    session: str | None
    seqs: tuple[tuple[int, int], ...] = ()
    stamps: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that a starting ingest takes up: devices, their checkpoints, what was heard last."""

    devices: Sequence[tuple[Device, Checkpoint | None]] = ()
    known: Sequence[Known] = ()
    since: Sequence[Sample] = ()  # readings kept after the last checkpoint, oldest first
    deliveries: Sequence[tuple[int, int]] = ()  # of messages without an identity, oldest first


@dataclass(frozen=True, slots=True)
class Mark:
    """A record of a spool: kept with its batch in one transaction, so that it is drained once."""

    spool: str
    record: int


class Store(Protocol):
    """What keeps readings. Errors are `StoreUnavailableError` (try again) and `StoreRefusedError` (split the batch)."""

    def load(self) -> Loaded:
        """Everything a starting ingest needs."""

    def write(
        self,
        batch: Sequence[Judged],
        ledger: Ledger,
        gaps: Mapping[str, int],
        *,
        hearing: bool,
        mark: Mark | None = None,
    ) -> Sequence[Outcome]:
        """Keep a batch in one transaction; its outcomes in order, with repeats that only the store could know.

        `ledger` is the account before this batch; its hour and run are written with it. `gaps` are
        the numbers newly missing, by device.
        """

    def marked(self, spool: str) -> int:
        """The last record of a spool that was kept; 0 where none was."""

    def checkpoint(self, rows: Sequence[Checkpoint], ledger: Ledger, now: int, *, hearing: bool) -> None:
        """Keep the changing part of devices and the running account."""

    def note_presence(self, notes: Sequence[Note]) -> Sequence[Note]:
        """Keep how devices stood since when; gives back those whose device is not kept yet."""

    def changed(self, since: int) -> Sequence[Device]:
        """Devices whose record someone else changed after a moment (an operator's admission)."""

    def ahead(self) -> None:
        """Once a day: make room for the weeks to come."""

    def close(self) -> None:
        """Give the connection back."""


def identity(report: Report) -> tuple[object, ...] | None:
    """What makes a reading or event one and the same; None for what has no such key."""
    if isinstance(report, Sample):
        return report.device, report.ts, -1 if report.seq is None else report.seq, report.origin
    if isinstance(report, Event):
        seq = -1 if report.seq is None else report.seq
        return report.device, report.ts, report.id, report.phase, seq, report.origin
    return None


def settled(batch: Sequence[Judged], fresh: Callable[[Report], bool]) -> list[Outcome]:
    """The final outcomes: a message all of whose readings were kept before is a duplicate after all."""
    outcomes = []
    for judged in batch:
        keyed = [report for report in judged.reports if identity(report) is not None]
        new = [report for report in keyed if fresh(report)]  # asks for each: in memory, asking keeps it
        repeat = bool(keyed) and not new and says_nothing_else(judged.reports)
        outcomes.append(Outcome.DUPLICATE if repeat else judged.outcome)
    return outcomes


@dataclass(slots=True)
class MemoryStore:
    """Keeps everything in memory, by the same rules; loses it with the process."""

    admit: Admit = lambda _address: Admission.ADMITTED
    devices: dict[str, Device] = field(default_factory=dict)
    rows: dict[tuple[object, ...], Report] = field(default_factory=dict)
    others: list[Report] = field(default_factory=list)
    quarantined: list[Judged] = field(default_factory=list)
    kept: dict[str, Checkpoint] = field(default_factory=dict)
    ledger: Mapping[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    deliveries: list[tuple[int, int]] = field(default_factory=list)
    presence: dict[tuple[str, int], Note] = field(default_factory=dict)
    refuses: Callable[[Judged], Exception | None] = lambda _judged: None

    def load(self) -> Loaded:
        """Everything kept so far."""
        samples = [row for row in self.rows.values() if isinstance(row, Sample)]
        known = [
            Known(s.device, s.session, ((s.seq, s.seq),)) if s.session is not None and s.seq is not None
            else Known(s.device, None, (), ((s.ts, s.origin),))
            for s in samples
        ]  # fmt: skip
        return Loaded(
            [(device, self.kept.get(address)) for address, device in self.devices.items()],
            known,
            samples,
            self.deliveries,
        )

    def write(
        self,
        batch: Sequence[Judged],
        ledger: Ledger,
        gaps: Mapping[str, int],
        *,
        hearing: bool,
        mark: Mark | None = None,
    ) -> Sequence[Outcome]:
        """Keep a batch, or raise what `refuses` says of one of its messages."""
        for judged in batch:
            problem = self.refuses(judged)
            if problem is not None:
                raise problem
        for report in (report for judged in batch for report in judged.reports if identity(report) is None):
            self._keep(report)
        outcomes = settled(batch, self._keep)
        self.quarantined += [judged for judged in batch if judged.outcome is Outcome.QUARANTINED]
        after = replace(ledger, counts=dict(ledger.counts), seq_gaps=ledger.seq_gaps + sum(gaps.values()))
        after.settle(Counter(outcomes))
        self.ledger = {**after.facts(), "hearing": int(hearing)}
        self.deliveries += [delivery(judged.message) for judged in batch if judged.unidentified]
        if mark is not None:
            self.marks[mark.spool] = mark.record
        return outcomes

    def marked(self, spool: str) -> int:
        """The last record of a spool that was kept."""
        return self.marks.get(spool, 0)

    def _keep(self, report: Report) -> bool:
        device = self.devices.setdefault(report.device, Device(report.device, self.admit(report.device)))
        if isinstance(report, Birth) and report.name:
            self.devices[report.device] = replace(device, name=report.name, gateway=report.gateway)
        key = identity(report)
        if key is None:
            self.others.append(report)
            return True
        return self.rows.setdefault(key, report) is report

    def checkpoint(self, rows: Sequence[Checkpoint], ledger: Ledger, now: int, *, hearing: bool) -> None:  # noqa: ARG002
        """Keep the changing part of devices."""
        self.kept.update({row.address: row for row in rows})

    def note_presence(self, notes: Sequence[Note]) -> Sequence[Note]:
        """Keep how devices stood; the last word of one moment counts."""
        self.presence.update({(note.device, note.ts): note for note in notes if note.device in self.devices})
        return [note for note in notes if note.device not in self.devices]

    def changed(self, since: int) -> Sequence[Device]:  # noqa: ARG002
        """Nobody else changes a memory."""
        return ()

    def ahead(self) -> None:
        """A memory has room."""

    def close(self) -> None:
        """Nothing to give back."""

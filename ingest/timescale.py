"""The store in PostgreSQL, with TimescaleDB or without: one transaction per batch.

It decides nothing but which rows were there before. Where a batch holds repeats that admission could not know, it is
written again with a statement that tells them apart, so that the account of the hour is right in the same commit.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg

from ingest import arrays, bookkeeping
from ingest.answering import AnsweringConnection
from ingest.arrays import Array
from ingest.batch import Judged, by_kind
from ingest.dumper import ArrayDumper
from ingest.errors import StoreRefusedError, StoreUnavailableError
from ingest.ledger import Ledger, Outcome
from ingest.model import Ack, Admission, Birth, Device, Event, Latest, Report, Sample, Status
from ingest.presence import Note
from ingest.queries import load
from ingest.registry import Checkpoint
from ingest.rows import by_family, copied, copy_statement, insert_statement, recorded
from ingest.store import Admit, Known, Loaded, Mark, settled
from ingest.touched import marks
from ingest.trouble import TROUBLE

_SQL = load("ingest")
_OVERLAP = timedelta(seconds=90)  # more than lies between a commit and its receipt, or between two checkpoints
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before anything was received
_REFUSALS = ("22", "23", "54")  # SQLSTATE classes: data, constraints, limits; all else is for waiting
# A database that stopped answering, or a network that swallows packets, must be noticed within seconds.
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 3, "tcp_user_timeout": 10_000, "keepalives_idle": 5, "keepalives_interval": 2,
    "keepalives_count": 3, "options": "-c statement_timeout=60000",
}  # fmt: skip
_json = msgspec.json.Encoder().encode


class _RepeatsInside(Exception):  # noqa: N818 - a signal within this module, not an error
    """The batch holds rows that are there already."""


class TimescaleStore:
    """One connection, opened when first needed and again after a loss."""

    def __init__(self, dsn: str, admit: Admit, *, copying: bool = True) -> None:
        """`copying` may be switched off for a server that knows no binary COPY."""
        self._dsn, self._copying = dsn, copying
        self._admit = admit
        self._connection: psycopg.Connection | None = None
        self._ids: dict[str, int] = {}

    def load(self) -> Loaded:
        """Everything a starting ingest needs."""
        with self._transaction() as cursor:
            _make_room(cursor)
            cursor.execute(_SQL["note_downtime"])
            devices = [_with_checkpoint(row) for row in cursor.execute(_SQL["devices"])]
            after = _before(cursor.execute(_SQL["end_of_last_run"]).fetchone())
            known = [
                Known(address, origin, tuple((part.lower, part.upper - 1) for part in ranges))
                for address, origin, ranges in cursor.execute(_SQL["last_numbers"], {"after": after})
            ]
            known += [
                Known(address, None, (), tuple(zip(stamps, origins, strict=True)))
                for address, stamps, origins in cursor.execute(_SQL["last_stamps"], {"after": after})
            ]
            after = _before(cursor.execute(_SQL["last_checkpoint"]).fetchone())
            since = [Sample(*row) for row in cursor.execute(_SQL["readings_since"], {"after": after})]
            deliveries = cursor.execute(_SQL["deliveries"]).fetchall()
        return Loaded(devices, known, since, deliveries)

    def write(
        self,
        batch: Sequence[Judged],
        ledger: Ledger,
        gaps: Mapping[str, int],
        *,
        hearing: bool,
        mark: Mark | None = None,
    ) -> Sequence[Outcome]:
        """Keep a batch in one transaction."""
        try:
            return self._write(batch, ledger, gaps, hearing=hearing, mark=mark, telling=False)
        except _RepeatsInside:
            return self._write(batch, ledger, gaps, hearing=hearing, mark=mark, telling=True)

    def marked(self, spool: str) -> int:
        """The last record of a spool that was kept."""
        with self._transaction() as cursor:
            row = cursor.execute(_SQL["marked"], {"spool": spool}).fetchone()
        return row[0] if row else 0

    def checkpoint(self, rows: Sequence[Checkpoint], ledger: Ledger, now: int, *, hearing: bool) -> None:  # noqa: ARG002
        """Keep the changing part of devices and the running account."""
        with self._transaction() as cursor:
            if rows:
                columns = {
                    "address": arrays.texts([row.address for row in rows]),
                    "state": arrays.texts([row.state or "" for row in rows]),
                    "reason": arrays.texts([row.reason or "" for row in rows]),
                    "session": arrays.texts([row.session or "" for row in rows]),
                    "heard": arrays.moments([row.heard or 0 for row in rows]),
                    "latest": arrays.jsons(
                        [_json({n: [v.value, v.ts] for n, v in row.latest.items()}) for row in rows]
                    ),
                }
                cursor.execute(_SQL["keep_states"], columns)
            cursor.execute(_SQL["trim_quarantine"])
            bookkeeping.keep_run(cursor, ledger, hearing=hearing)

    def note_presence(self, notes: Sequence[Note]) -> Sequence[Note]:
        """Keep how devices stood since when; gives back those whose device is not kept yet."""
        with self._transaction() as cursor:
            kept = bookkeeping.note_presence(cursor, notes)
        return [note for note in notes if note.device not in kept]

    def changed(self, since: int) -> Sequence[Device]:
        """Devices whose record someone else changed after a moment."""
        with self._transaction() as cursor:
            return [_device(row) for row in cursor.execute(_SQL["devices_changed"], {"since": since})]

    def ahead(self) -> None:
        """Make partitions for the coming weeks (once a day)."""
        with self._transaction() as cursor:
            _make_room(cursor)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = None

    def _write(
        self, batch: Sequence[Judged], ledger: Ledger, gaps: Mapping[str, int], *, hearing: bool,
        mark: Mark | None, telling: bool,
    ) -> Sequence[Outcome]:  # fmt: skip
        samples, events, others = by_kind(batch)
        with self._transaction() as cursor:
            self._identify(cursor, [*samples, *events, *(report for _, report in others)])
            new = self._readings(cursor, samples, telling=telling)
            bookkeeping.touch(cursor, marks(by_family(samples), self._ids.__getitem__))
            new |= self._events(cursor, events)
            self._others(cursor, others)
            if not telling and any(self._key(event) not in new for event in events):
                raise _RepeatsInside
            outcomes = settled(batch, self._fresh(new)) if telling else [judged.outcome for judged in batch]
            after = replace(ledger, counts=dict(ledger.counts), seq_gaps=ledger.seq_gaps + sum(gaps.values()))
            after.settle(counts := Counter(outcomes))
            if batch:
                bookkeeping.add_to_hour(cursor, batch[0].message.received_at, counts, gaps)
                bookkeeping.keep_deliveries(cursor, batch)
            if gaps or counts.keys() & TROUBLE:
                bookkeeping.note_trouble(cursor, batch, outcomes, gaps)
            if mark is not None:
                cursor.execute(_SQL["set_mark"], {"spool": mark.spool, "record": mark.record})
            bookkeeping.keep_run(cursor, after, hearing=hearing)
        return outcomes

    def _identify(self, cursor: psycopg.Cursor, reports: Sequence[Report]) -> None:
        """Learn the ids of all devices of the batch, enrolling the unknown ones."""
        wanted = {report.device for report in reports} - self._ids.keys()
        if not wanted:
            return
        names = sorted(wanted)
        cursor.execute(_SQL["enrol"], {"address": names, "admission": [self._admit(name).value for name in names]})
        self._ids.update(cursor.execute(_SQL["ids"], {"address": names}).fetchall())

    def _fresh(self, new: set[tuple[object, ...]]) -> Callable[[Report], bool]:
        """Whether a report's row is a new one; of two alike in one batch only the first is."""

        def fresh(report: Report) -> bool:
            key = self._key(report)
            found = key in new
            new.discard(key)
            return found

        return fresh

    def _key(self, report: Report) -> tuple[object, ...]:
        device = self._ids[report.device]
        seq = -1 if not isinstance(report, Sample | Event) or report.seq is None else report.seq
        if isinstance(report, Event):
            return device, report.ts, report.id, report.phase, seq, report.origin
        return device, report.ts, seq, report.origin if isinstance(report, Sample) else ""

    def _readings(self, cursor: psycopg.Cursor, rows: Sequence[Sample], *, telling: bool) -> set[tuple[object, ...]]:
        """Keep samples; telling which were new costs twice the time, so it is done where a repeat was met."""
        if telling or not self._copying:
            return self._insert(cursor, rows, telling=telling)
        try:
            for family, body in copied(rows, self._ids.__getitem__).items():
                with cursor.copy(copy_statement(family)) as copy:
                    copy.write(body)
        except psycopg.errors.UniqueViolation as error:
            raise _RepeatsInside from error
        return set()

    def _insert(self, cursor: psycopg.Cursor, rows: Sequence[Sample], *, telling: bool) -> set[tuple[object, ...]]:
        new: set[tuple[object, ...]] = set()
        for family, samples in by_family(rows).items():
            records = _json([recorded(family, sample, self._ids[sample.device]) for sample in samples]).decode()
            found = cursor.execute(insert_statement(family), {"rows": records}).fetchall()
            if not telling and len(found) != len(samples):
                raise _RepeatsInside
            new.update(found)
        return new

    def _events(self, cursor: psycopg.Cursor, rows: Sequence[Event]) -> set[tuple[object, ...]]:
        if not rows:
            return set()
        columns = {
            name: [getattr(row, name) for row in rows]
            for name in ("ts", "id", "type", "phase", "severity", "origin", "received_at", "stamped", "suspect")
        }
        more = {
            "device_id": [self._ids[row.device] for row in rows],
            "seq": [-1 if row.seq is None else row.seq for row in rows],
            "data": [_json(row.data).decode() for row in rows],
        }
        return set(cursor.execute(_SQL["insert_events"], {**columns, **more}).fetchall())

    def _others(self, cursor: psycopg.Cursor, said_so: Sequence[tuple[Judged, Report]]) -> None:
        """Births, statuses and acknowledgements: rare beside readings, so one statement each."""
        for judged, report in said_so:
            facts = {"device_id": self._ids[report.device], "received_at": judged.message.received_at}
            match report:
                case Birth():
                    told = {f: getattr(report, f) for f in report.__struct_fields__ if f != "metrics"}
                    metrics = _json(report.metrics).decode()
                    cursor.execute(_SQL["bear"], {**facts, **told, "metrics": metrics,
                                                  "commands": list(report.commands)})  # fmt: skip
                case Status():
                    said = {"ts": report.ts, "state": report.state, "reason": report.reason or "",
                            "session": report.session or ""}  # fmt: skip
                    cursor.execute(_SQL["insert_status"], {**facts, **said})
                    cursor.execute(_SQL["set_state"], {**facts, **said})
                case Ack():
                    cursor.execute(_SQL["insert_ack"], {**facts, "ref": report.ref, "state": report.state,
                                                        "ts": report.ts, "detail": report.detail})  # fmt: skip

    def _connect(self) -> psycopg.Connection:
        """Connect as the one ingest that writes here; a second one would hear every message twice."""
        connection = AnsweringConnection.connect(self._dsn, application_name="ioc ingest", autocommit=True, **_PATIENCE)
        row = connection.execute(_SQL["take_lock"]).fetchone()
        if row is None or not row[0]:
            connection.close()
            raise StoreUnavailableError("another ingest is writing to this database; stop it first")
        connection.adapters.register_dumper(Array, ArrayDumper)
        self._ids.clear()
        self._connection = connection
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Cursor]:
        """A transaction; psycopg's errors come out as ours, and a broken connection is let go."""
        try:
            connection = self._connection or self._connect()
            with connection.transaction(), connection.cursor() as cursor:
                yield cursor
        except psycopg.Error as error:
            if (error.sqlstate or "")[:2] in _REFUSALS or isinstance(error, psycopg.DataError):
                self._ids.clear()  # ids enrolled in the transaction that was undone
                raise StoreRefusedError(str(error).splitlines()[0]) from error
            self.close()
            raise StoreUnavailableError(str(error).splitlines()[0] if str(error) else repr(error)) from error
        except _RepeatsInside:
            self._ids.clear()
            raise


def _make_room(cursor: psycopg.Cursor) -> None:
    """Partitions of the weeks around today; where a backup holds what it needs, tomorrow is early enough."""
    with suppress(psycopg.errors.LockNotAvailable), cursor.connection.transaction():
        cursor.execute(_SQL["make_partitions"])


def _before(row: tuple[datetime | None] | None) -> datetime:
    """Some time before a moment; the beginning of all where there is none."""
    moment = row[0] if row else None
    return _BEGINNING if moment is None else moment - _OVERLAP


def _device(row: Sequence[object]) -> Device:
    address, admission, *facts, commands, held = row
    return Device(address, Admission(admission), *facts, tuple(commands), tuple(held))  # type: ignore[arg-type,call-arg]


def _with_checkpoint(row: Sequence[object]) -> tuple[Device, Checkpoint | None]:
    device = _device(row[:14])
    state, reason, session, heard, latest = row[14:]
    values = {name: Latest(value, ts) for name, (value, ts) in latest.items()}  # type: ignore[attr-defined]
    return device, Checkpoint(device.address, state, reason, session, heard, values)  # type: ignore[arg-type]

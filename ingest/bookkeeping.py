"""Writes the account of a batch, in the transaction that keeps the batch itself: hours, devices, run, quarantine.

It decides nothing: what became of each message is told to it.
"""

from collections.abc import Mapping, Sequence

import psycopg

from ingest import arrays
from ingest.batch import Judged
from ingest.deliveries import delivery
from ingest.ledger import Ledger, Outcome
from ingest.presence import Note
from ingest.queries import load
from ingest.trouble import troubles

_SQL = load("ingest")
_TROUBLES = ("duplicate", "quarantined", "shed")


def add_to_hour(cursor: psycopg.Cursor, at: int, counts: Mapping[Outcome, int], gaps: Mapping[str, int]) -> None:
    """How many messages were settled, by outcome, into the account of the hour of `at`."""
    settled = {outcome.value: counts.get(outcome, 0) for outcome in Outcome}
    total = {"at": at, "received": sum(settled.values()), "seq_gaps": sum(gaps.values())}
    cursor.execute(_SQL["add_to_hour"], {**settled, **total})


def note_trouble(
    cursor: psycopg.Cursor, batch: Sequence[Judged], outcomes: Sequence[Outcome], gaps: Mapping[str, int]
) -> None:
    """What went wrong in a batch: to the account of the devices that caused it, and to the quarantine."""
    _quarantine(cursor, [judged for judged in batch if judged.outcome is Outcome.QUARANTINED])
    if batch and (found := troubles(batch, outcomes, gaps)):
        names = sorted(found)  # always in one order, so that two writers cannot wait for each other
        columns = {word: [found[name][word] for name in names] for word in (*_TROUBLES, "seq_gaps")}
        at = batch[0].message.received_at
        cursor.execute(_SQL["add_to_devices"], {"at": at, "address": names, **columns})


def _quarantine(cursor: psycopg.Cursor, rows: Sequence[Judged]) -> None:
    """What cannot be used, with its reason and its first bytes, masked."""
    if rows:
        columns = {
            "received_at": [row.message.received_at for row in rows],
            "topic": [row.message.topic[:512].replace("\0", "") for row in rows],
            "reason": [row.reason for row in rows],
            "detail": [row.detail.replace("\0", "") for row in rows],
            "bytes": [len(row.message.payload) for row in rows],
            "head": [row.head for row in rows],
        }
        cursor.execute(_SQL["insert_quarantine"], columns)


def touch(cursor: psycopg.Cursor, touched: Mapping[str, Sequence[object]] | None) -> None:
    """Which hours got readings (`ingest.touched`)."""
    if touched is not None:
        cursor.execute(_SQL["touch"], touched)


def keep_deliveries(cursor: psycopg.Cursor, batch: Sequence[Judged]) -> None:
    """Under which packet ids messages without an identity came."""
    kept = [delivery(judged.message) for judged in batch if judged.unidentified]
    if kept:
        packets, digests = zip(*kept, strict=True)
        cursor.execute(_SQL["keep_deliveries"], {"packet": list(packets), "digest": list(digests)})


def keep_run(cursor: psycopg.Cursor, ledger: Ledger, *, hearing: bool) -> None:
    """The running account of this process."""
    cursor.execute(_SQL["keep_run"], {**ledger.facts(), "started_at": ledger.started_at, "hearing": hearing})


def note_presence(cursor: psycopg.Cursor, notes: Sequence[Note]) -> set[str]:
    """How devices stood since when; the addresses of those that are kept, for only known devices can be."""
    columns = {
        "address": arrays.texts([note.device for note in notes]),
        "ts": arrays.moments([note.ts for note in notes]),
        "state": arrays.texts([note.state for note in notes]),
        "reason": arrays.texts([note.reason for note in notes]),
    }
    return {address for (address,) in cursor.execute(_SQL["note_presence"], columns)}

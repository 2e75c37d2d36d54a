"""Writes the account of a batch, in the transaction that keeps the batch itself: hours, devices, run, quarantine.

It decides nothing: what became of each message is told to it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import psycopg

from ingest import arrays
from ingest.batch import Judged
from ingest.deliveries import delivery
from ingest.ledger import Ledger, Outcome
from ingest.presence import Note
from ingest.queries import load
from ingest.trouble import TROUBLE, troubles

_SQL = load("ingest")
_QUARANTINED = Outcome.QUARANTINED
_TROUBLES = ("duplicate", "quarantined", "shed")


def quarantine(cursor: psycopg.Cursor, batch: Sequence[Judged]) -> None:
    """What cannot be used, with its reason and its first bytes, masked."""
    rows = [judged for judged in batch if judged.outcome is _QUARANTINED]
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


def add_to_hour(
    cursor: psycopg.Cursor, batch: Sequence[Judged], outcomes: Sequence[Outcome], gaps: Mapping[str, int]
) -> None:
    """The settled messages of a batch, into the account of the hour and of the devices that gave trouble."""
    at = batch[0].message.received_at
    counts = Counter(outcomes)
    total = {"at": at, "received": len(outcomes), "seq_gaps": sum(gaps.values())}
    cursor.execute(_SQL["add_to_hour"], {**{outcome.value: counts[outcome] for outcome in Outcome}, **total})
    if (gaps or counts.keys() & TROUBLE) and (found := troubles(batch, outcomes, gaps)):
        names = sorted(found)  # always in one order, so that two writers cannot wait for each other
        columns = {word: [found[name][word] for name in names] for word in (*_TROUBLES, "seq_gaps")}
        cursor.execute(_SQL["add_to_devices"], {"at": at, "address": names, **columns})


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

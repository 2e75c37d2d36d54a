"""Makes chunks and partitions ahead, so that no batch has to, and those whose rows have come unexpected.

On plain PostgreSQL a reading without a partition waits in the default one, and moves when its own is made.
"""

from typing import Final

from psycopg import sql

from ingest.family import families
from ingest.queries import load
from ingest.series import table
from ioc.job import Job, Work

_SQL = load("ioc.jobs", "store.sql")
_CHUNK: Final = sql.SQL("INSERT INTO {series} (ts, received_at, device_id, suspect) VALUES (%(at)s, %(at)s, 0, true)")
_EMPTIED: Final = sql.SQL("DELETE FROM {series} WHERE device_id = 0 AND ts = %(at)s")


def run(work: Work) -> str:
    """Make room; what was made."""
    return _chunks(work) if work.edition.startswith("timescaledb") else _partitions(work)


def _partitions(work: Work) -> str:
    work.connection.execute(_SQL["partitions_ahead"])
    lonely = work.connection.execute(_SQL["lonely"]).fetchall()
    for series, by_time, begins in lonely:
        if work.ending:
            break
        work.connection.execute(_SQL["make_partition"], {"series": series, "by_time": by_time, "begins": begins})
    return f"three weeks ahead, {len(lonely)} partitions of rows that had come"


def _chunks(work: Work) -> str:
    """The days to come of each family: TimescaleDB makes a chunk for a row, and keeps it when the row goes again."""
    days = [day for (day,) in work.connection.execute(_SQL["tomorrow"])]
    for family in families():
        series = sql.Identifier(table(family))
        for at in days:
            with work.connection.transaction():
                work.connection.execute(_CHUNK.format(series=series), {"at": at})
                work.connection.execute(_EMPTIED.format(series=series), {"at": at})
    return f"{len(days)} days ahead"


JOB = Job("room", order=1, every_s=3600, run=run)

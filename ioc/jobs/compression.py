"""Compresses what is some days old, device by device, where the edition can (TimescaleDB Community).

A reading that comes later still is kept beside what is compressed, and counts like any other.
"""

from collections.abc import Iterator
from typing import Final

from psycopg import sql

from ingest.family import families
from ingest.queries import load
from ingest.resolutions import Resolution, kept
from ingest.series import table
from ioc.job import Job, Work

_SQL = load("ioc.jobs", "store.sql")
_SET_UP: Final = sql.SQL(
    "ALTER TABLE {series} SET (timescaledb.compress, timescaledb.compress_segmentby = 'device_id', "
    "timescaledb.compress_orderby = {order})"
)


def run(work: Work) -> str:
    """Compress what is due, a chunk at a time; how many."""
    if work.edition != "timescaledb-community":
        return "this edition has none"
    if not work.keep.compress_after_days:
        return "switched off"
    done = 0
    for series, order in _series():
        if work.connection.execute(_SQL["uncompressed"], {"series": series}).fetchone() == (True,):
            work.connection.execute(_SET_UP.format(series=sql.Identifier(series), order=sql.Literal(order)))
        facts = {"series": series, "days": work.keep.compress_after_days}
        for part, _begins, _ends, compressed in work.connection.execute(_SQL["over_before"], facts).fetchall():
            if work.ending:
                break
            if not compressed:
                work.connection.execute(_SQL["compress"], {"part": part})
                done += 1
    return f"{done} chunks compressed"


def _series() -> Iterator[tuple[str, str]]:
    for family in families():
        yield table(family), "ts, seq, origin"
        for resolution in (Resolution.MINUTE, Resolution.HOUR):
            yield kept(family, resolution), "bucket"


JOB = Job("compression", order=4, every_s=3600, run=run)

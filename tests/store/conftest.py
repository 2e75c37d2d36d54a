"""A store of each edition, the ingest's way into it, and its jobs, run when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from ingest.batch import Judged
from ingest.ledger import Ledger, Outcome
from ingest.model import Admission, Message, Sample
from ingest.timescale import TimescaleStore
from ioc.clock import now_ms
from ioc.edition import edition as edition_of
from ioc.job import Work, jobs
from ioc.migrate import migrate
from ioc.settings import Store

HOUR = 3_600_000


@dataclass
class Kept:
    """A migrated database: `store` writes as the ingest does, `sql` asks, `run` lets a job run once."""

    dsn: str
    edition: str
    store: TimescaleStore

    def write(self, *samples: Sample) -> None:
        batch = [Judged(Message("t", b"", s.received_at), Outcome.STORED, (s,)) for s in samples]
        if self.edition == "timescaledb-community":
            self.store.close()  # all its clients are one session: what one prepared ends with the next
        self.store.write(batch, Ledger(now_ms()), {}, hearing=True)

    def sql(self, text, *values):
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            found = connection.execute(text, values or None)
            return found.fetchall() if found.description else []

    @contextmanager
    def work(self, keep: Store | None = None, wait=lambda _s: False, kind=psycopg.Connection):
        with kind.connect(self.dsn, autocommit=True, options="-c lock_timeout=5s") as connection:
            yield Work(connection, keep or Store(), self.edition, wait)

    def run(self, name: str, keep: Store | None = None) -> str:
        with self.work(keep) as work:
            return next(job for job in jobs() if job.name == name).run(work)

    def begin(self, family: str, at: int) -> None:
        """As on the day when this moment's reading was the first."""
        series = (each.format(family) for each in ("reading_{}", "minute_{}_kept", "hour_{}_kept", "day_{}_kept"))
        self.sql(f"TRUNCATE touched, resolution, {', '.join(series)}")
        self.sql(
            "INSERT INTO resolution (family, zone, hours_until, days_until) SELECT %s, site_zone(), "
            "date_trunc('hour', %s::timestamptz, 'UTC'), date_trunc('day', %s::timestamptz, site_zone())",
            family, moment(at), moment(at),
        )  # fmt: skip

    def told(self, family: str, resolution: str) -> dict:
        """What a resolution answers: by bucket and device."""
        with psycopg.connect(self.dsn, row_factory=dict_row) as connection:
            rows = connection.execute(f"SELECT * FROM {resolution}_{family}").fetchall()
        return {(row.pop("bucket"), row.pop("device_id")): row for row in rows}

    def number(self, device: str = "demo/loudspeaker/l1") -> int:
        return self.sql("SELECT id FROM device WHERE address = %s", device)[0][0]


def moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


@contextmanager
def opened(dsn: str, zone: str | None = None) -> Iterator[Kept]:
    migrate(dsn, zone=zone)
    store = TimescaleStore(dsn, lambda _address: Admission.ADMITTED)
    with psycopg.connect(dsn) as connection:
        made = Kept(dsn, edition_of(connection).name, store)
    yield made
    store.close()


@pytest.fixture
def kept(edition) -> Iterator[Kept]:
    """A store of each edition."""
    with opened(edition.dsn) as found:
        yield found


def said(ts: int, device: str = "demo/loudspeaker/l1", *, seq=None, origin="s1", suspect=False, **metrics) -> Sample:
    return Sample(device, ts, metrics, now_ms(), "s1", seq, origin, suspect=suspect)

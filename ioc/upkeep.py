"""Runs the store's jobs when they are due: in a thread of its own, on a connection of its own, one process of all.

Which process leads is decided by a lock in the database; the others stand by. What a job does is in `ioc/jobs/`, what
it did last in the table `store_job`, which `/metrics`, `/readyz` and `ioc check` read. A lock that the ingest holds is
waited for half a second, so that nobody queues behind the wait; then the job is tried again the next time.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final

import psycopg

from ingest.queries import load
from ioc.edition import edition
from ioc.job import Connection, Job, Work, jobs
from ioc.lifecycle import Stops
from ioc.settings import Store

_log = logging.getLogger(__name__)
_SQL = load("ioc", "upkeep.sql")
_TICK_S: Final = 5.0
_STANDBY_S: Final = 30.0
LATE_S: Final = 1800  # without a good run, or three times as long as between two runs, a job is in trouble
# Nobody waits behind us for long; and a server that went away is noticed.
_MANNERS: Final[dict[str, Any]] = {
    "autocommit": True,
    "application_name": "ioc upkeep",
    "connect_timeout": 5,
    "tcp_user_timeout": 20_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "options": "-c lock_timeout=500 -c statement_timeout=600000 -c idle_in_transaction_session_timeout=60000",
}


class Upkeep:
    """The jobs of one database; `run` works until `ending` is set, `stop` also interrupts what is under way."""

    def __init__(self, dsn: str, keep: Store, clock: Callable[[], float] = monotonic) -> None:
        self._dsn, self._keep, self._clock = dsn, keep, clock
        self._ending = threading.Event()
        self._connection: Connection | None = None

    def run(self) -> None:
        """Lead or stand by; a database that is away is waited for."""
        while not self._ending.is_set():
            try:
                with psycopg.connect(self._dsn, **_MANNERS) as connection:
                    self._connection = connection
                    self._serve(connection)
            except psycopg.Error as error:
                if not self._ending.is_set():
                    facts = {"action": "upkeep_wait", "why": _first_line(error)}
                    _log.warning("the store's jobs wait for the database", extra=facts)
            self._ending.wait(_TICK_S)

    def stop(self) -> None:
        """End; a statement under way is called off, which loses nothing."""
        self._ending.set()
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.cancel_safe(timeout=3)

    def _serve(self, connection: Connection) -> None:
        while not self._leads(connection):
            if self._ending.wait(_STANDBY_S):
                return
        work = Work(connection, self._keep, edition(connection).name, self._ending.wait)
        due = dict.fromkeys(jobs(), self._clock())
        while not self._ending.is_set():
            for job in jobs():
                if self._clock() >= due[job] and not self._ending.is_set():
                    run(job, work)
                    due[job] = self._clock() + job.every_s
            self._ending.wait(_TICK_S)

    @staticmethod
    def _leads(connection: Connection) -> bool:
        row = connection.execute(_SQL["lead"]).fetchone()
        return bool(row and row[0])


def start(dsn: str, keep: Store, stops: Stops) -> None:
    """The jobs in a thread of their own, with its stop."""
    upkeep = Upkeep(dsn, keep)
    thread = threading.Thread(target=upkeep.run, name="upkeep", daemon=True)
    thread.start()

    def stop() -> None:
        upkeep.stop()
        thread.join()

    stops.add("upkeep", stop)


def run(job: Job, work: Work) -> None:
    """Run a job once and note what came of it. Raises psycopg's errors only where the connection is lost."""
    begin, did, problem = monotonic(), "", None
    try:
        did = job.run(work)
    except (psycopg.errors.LockNotAvailable, psycopg.errors.SerializationFailure) as error:
        problem = f"somebody holds what it needs; tried again: {_first_line(error)}"
    except psycopg.Error as error:
        if work.connection.closed or work.ending:
            raise
        problem = _first_line(error)
        _log.exception("a job of the store failed", extra={"action": "job_failed", "job": job.name})
    facts = {
        "job": job.name,
        "took": round((monotonic() - begin) * 1000),
        "did": did,
        "problem": problem,
        "every": job.every_s,
    }
    work.connection.execute(_SQL["note"], facts)


def problems(connection: Connection) -> list[str]:
    """What is wrong with the jobs, in sentences; empty where all ran well of late, or none ever ran."""
    rows = connection.execute(_SQL["in_trouble"], {"late": LATE_S}).fetchall()
    return [f"{job}: {problem or 'does not run'} (since {since})" for job, problem, since in rows]


def report(connection: Connection) -> str:
    """How the jobs stand, in a few words."""
    row = connection.execute(_SQL["report"]).fetchone()
    good, behind_s = row or (None, None)
    if good is None:
        return "chưa chạy lần nào (never ran): `ioc up`, `ioc ingest`"
    return f"lần cuối tốt (last good run) {good}; giờ đã tính đến {(behind_s or 0) / 3600:.1f} giờ trước (hours ago)"


def _first_line(error: psycopg.Error) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__

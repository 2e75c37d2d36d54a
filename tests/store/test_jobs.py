"""The jobs beside each other, beside the ingest, and what becomes of them when they die or the server goes away."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ioc import upkeep
from ioc.clock import now_ms
from ioc.job import Job, jobs
from ioc.jobs import resolutions
from ioc.lifecycle import Stops
from ioc.settings import Store
from ioc.upkeep import Upkeep
from tests.store.conftest import HOUR, opened, said
from tests.store.test_resolutions import same

SEVERAL = ["postgresql", "timescaledb-apache"]  # the third edition's clients are one session in tests


@pytest.fixture(params=SEVERAL)
def shared(request, migrated):
    """A store whose clients are sessions of their own."""
    with opened(migrated(request.param).dsn) as found:
        yield found


def hours_ago(count):
    return now_ms() // HOUR * HOUR - count * HOUR


def try_to_run(kept):
    with suppress(psycopg.errors.SerializationFailure, psycopg.errors.UniqueViolation):
        kept.run("resolutions")


def test_two_jobs_at_once_count_nothing_twice_and_lose_nothing(shared):
    shared.begin("loudspeaker", hours_ago(30))
    written = [said(hours_ago(30) + n * 977_000, volume_pct=n % 7, plays_total=n % 11) for n in range(90)]
    shared.write(*written[::2])
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(try_to_run, shared) for _ in range(3)]
        shared.write(*written[1::2])
        for each in runs:
            each.result()
    shared.run("resolutions")
    same(shared, written)


def test_a_job_whose_connection_is_cut_in_the_middle_leaves_no_trace_and_the_next_one_does_its_work(shared):
    shared.run("resolutions")
    shared.write(said(hours_ago(3), volume_pct=1))
    shared.run("resolutions")
    late = said(hours_ago(3) + 1, volume_pct=2)
    shared.write(late)
    with psycopg.connect(shared.dsn, autocommit=True) as other, psycopg.connect(shared.dsn) as holding:
        # The job has taken the mark and the minutes when it comes to the hour, which somebody holds.
        holding.execute("SELECT FROM hour_loudspeaker_kept FOR UPDATE")
        job = threading.Thread(target=lambda: suppressed(shared))
        job.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not (found := other.execute(waiting).fetchall()):
            job.join(0.05)
        other.execute("SELECT pg_terminate_backend(%s, 5000)", found[0])
        job.join()
        assert other.execute("SELECT count(*) FROM touched").fetchone() == (1,)
    shared.run("resolutions")
    same(shared, [said(hours_ago(3), volume_pct=1), late])


def suppressed(kept):
    with suppress(psycopg.OperationalError):
        kept.run("resolutions")


def test_an_hour_is_not_computed_while_a_batch_that_saw_it_running_is_not_committed(shared):
    shared.write(said(hours_ago(2), volume_pct=1))
    shared.begin("loudspeaker", hours_ago(2))
    device = shared.number()
    insert = (
        "INSERT INTO reading_loudspeaker (ts, device_id, received_at, volume_pct) "
        "VALUES (now() - %s::interval, %s, now(), 2)"
    )
    with psycopg.connect(shared.dsn) as ingest:  # it wrote within the hour, so without a mark, and hangs
        ingest.execute(insert, ("90 min", device))
        assert shared.run("resolutions") == "nothing due"
    assert "hours" in shared.run("resolutions")
    assert shared.sql("SELECT n, volume_pct_sum FROM hour_loudspeaker_kept") == [(1, 2)]


def test_a_reading_committed_while_its_hour_is_computed_is_computed_the_next_time(shared):
    shared.run("resolutions")
    shared.write(said(hours_ago(3), volume_pct=1))
    late = said(hours_ago(3) + 1, volume_pct=2)

    class Slipping(psycopg.Connection):
        """Lets a batch slip in when the job has taken the marks it saw."""

        done = False

        def execute(self, query, *rest, **more):
            found = super().execute(query, *rest, **more)
            if "DELETE FROM touched" in str(query) and not Slipping.done:
                Slipping.done = True
                shared.write(late)
            return found

    with shared.work(kind=Slipping) as work:
        resolutions.run(work)
    assert Slipping.done
    assert shared.sql("SELECT count(*) FROM touched") == [(1,)]
    shared.run("resolutions")
    same(shared, [said(hours_ago(3), volume_pct=1), late])


def batch(dsn, number, patience):
    """As a batch with a live and a late reading; how it went within so much waiting for locks."""
    with psycopg.connect(make_conninfo(dsn, options=f"-c lock_timeout={patience}")) as ingest:
        ingest.execute(
            "INSERT INTO reading_loudspeaker (ts, device_id, received_at, seq) "
            "VALUES (to_timestamp(%s / 1000.0), 1, now(), %s), (now(), 1, now(), %s)",
            (hours_ago(3), number, number),
        )
        ingest.execute("INSERT INTO touched VALUES ('loudspeaker', to_timestamp(%s / 1000.0), 1)", (hours_ago(3),))


@pytest.mark.parametrize("name", ["room", "resolutions", "compression"])
def test_a_batch_goes_through_at_once_after_each_statement_of_an_open_job(shared, name):
    shared.run("resolutions")
    shared.write(said(hours_ago(24 * 35), volume_pct=1), said(hours_ago(4), volume_pct=1))
    statements = []

    class Watched(psycopg.Connection):
        def execute(self, query, *rest, **more):
            found = super().execute(query, *rest, **more)
            statements.append(query)
            batch(shared.dsn, len(statements), "200ms")
            return found

    with shared.work(kind=Watched) as work:
        next(job for job in jobs() if job.name == name).run(work)
    assert statements or name == "compression"


def test_while_retention_waits_for_a_long_reader_batches_are_held_up_no_longer_than_its_patience(shared):
    shared.run("resolutions")
    shared.write(said(hours_ago(24 * 35), volume_pct=1))
    shared.run("room")
    shared.run("resolutions")
    with psycopg.connect(shared.dsn) as reader:
        reader.execute("SELECT count(*) FROM reading_loudspeaker")  # a report that takes its time
        job = threading.Thread(target=lambda: note(shared, "retention", Store(keep_raw_days=8)))
        job.start()
        for number in range(20):
            batch(shared.dsn, number, "2s")
        job.join()
    assert "somebody holds" in shared.sql("SELECT problem FROM store_job WHERE job = 'retention'")[0][0]
    note(shared, "retention", Store(keep_raw_days=8))
    assert shared.sql("SELECT problem, good_at IS NULL FROM store_job WHERE job = 'retention'") == [(None, False)]
    assert shared.sql("SELECT count(*) FROM reading_loudspeaker WHERE volume_pct = 1") == [(0,)]


def note(kept, name, keep=None):
    """Run a job as the upkeep does, with its patience."""
    with kept.work(keep) as work:
        work.connection.execute("SET lock_timeout = 500")
        upkeep.run(next(job for job in jobs() if job.name == name), work)


def test_a_job_that_fails_is_noted_and_told_when_it_has_long_not_run_well(shared):
    def fail(work):
        work.connection.execute("SELECT 1 / 0")

    with shared.work() as work:
        upkeep.run(Job("odd", 9, 1, fail), work)
        assert upkeep.problems(work.connection) == []
        work.connection.execute("UPDATE store_job SET since = since - interval '1 hour'")
        [said_so] = upkeep.problems(work.connection)
        assert said_so.startswith("odd: division by zero (since ")
        upkeep.run(Job("odd", 9, 1, lambda _work: "well"), work)
        assert upkeep.problems(work.connection) == []
        work.connection.execute("UPDATE store_job SET ran_at = ran_at - interval '1 hour'")
        assert upkeep.problems(work.connection)[0].startswith("odd: does not run")


def test_of_two_processes_one_alone_does_the_jobs(shared):
    first, second = Upkeep(shared.dsn, Store()), Upkeep(shared.dsn, Store())
    threads = [threading.Thread(target=each.run) for each in (first, second)]
    leader = (
        "SELECT count(*), count(*) FILTER (WHERE granted) FROM pg_locks JOIN pg_stat_activity USING (pid) "
        "WHERE locktype = 'advisory' AND application_name = 'ioc upkeep'"
    )
    for thread in threads:
        thread.start()
    while not shared.sql("SELECT job FROM store_job WHERE job = 'compression'"):
        threads[0].join(0.05)
    assert shared.sql(leader) == [(1, 1)]
    first.stop()
    second.stop()
    for thread in threads:
        thread.join()
    assert {job for (job,) in shared.sql("SELECT job FROM store_job")} == {job.name for job in jobs()}


def test_the_jobs_end_with_the_process_and_outlive_a_database_that_is_away(free_port):
    with Stops() as stops:
        upkeep.start(f"host=127.0.0.1 port={free_port()} dbname=x", Store(), stops)
    assert not [thread for thread in threading.enumerate() if thread.name == "upkeep"]

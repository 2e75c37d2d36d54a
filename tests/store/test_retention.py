"""What is let go, when, and what becomes of a reading that comes after the others of its hour are gone."""

import psycopg
import pytest

from ingest.family import families
from ioc.clock import now_ms
from ioc.jobs import retention
from ioc.settings import Store
from tests.store.conftest import HOUR, opened, said
from tests.store.oracle import expected
from tests.store.test_resolutions import same

DAY = 24 * HOUR
KEEP = Store(keep_raw_days=8, keep_minutes_days=0, keep_hours_days=0, keep_days_days=0)


def old(at_ms=0, **more):
    """A reading of five weeks ago."""
    return said((now_ms() - 35 * DAY) // DAY * DAY + at_ms, **more)


def settle(kept, keep=KEEP):
    for name in ("room", "resolutions", "retention"):
        kept.run(name, keep)


def raw(kept):
    return kept.sql("SELECT count(*) FROM reading_loudspeaker")[0][0]


def test_readings_go_when_their_time_is_over_and_what_was_computed_of_them_stays(kept):
    kept.run("resolutions")
    past = [old(ms, volume_pct=ms % 7, plays_total=ms % 5) for ms in (0, 1000, HOUR, 25 * HOUR)]
    today = said(now_ms(), volume_pct=3)
    kept.write(*past, today)
    settle(kept)
    assert raw(kept) == 1
    same(kept, [*past, today])


def test_readings_whose_hours_are_still_to_be_computed_stay(kept):
    kept.run("resolutions")
    kept.write(old(volume_pct=1))
    kept.run("room")
    assert "1 series wait" in kept.run("retention", KEEP)
    assert raw(kept) == 1
    settle(kept)
    assert raw(kept) == 0


def test_a_reading_that_comes_after_the_others_are_gone_counts_once_however_often_the_jobs_run(kept):
    kept.run("resolutions")
    first = [old(0, volume_pct=5, playing=True, plays_total=3), old(1000, volume_pct=9)]
    kept.write(*first)
    settle(kept)
    later = [old(2000, volume_pct=1, playing=False), old(3000, volume_pct=2), old(3 * HOUR, volume_pct=4)]
    kept.write(*later[:1])
    settle(kept)
    kept.write(*later[1:])
    settle(kept)
    settle(kept)
    assert raw(kept) == 0
    for resolution in ("minute", "hour", "day"):
        told = {at: row for (at, _), row in kept.told("loudspeaker", resolution).items()}
        wanted = {at: row for (at, _), row in expected([*first, *later], "loudspeaker", resolution).items()}
        for at, row in wanted.items():
            for name in ("n", "volume_pct_n", "volume_pct_min", "volume_pct_max", "volume_pct_sum", "playing_on"):
                assert told[at][name] == row[name], (resolution, name)
        assert told.keys() == wanted.keys()


def test_a_reading_that_comes_late_into_an_hour_without_kept_minutes_corrects_hour_and_day(kept):
    keep = Store(keep_raw_days=0, keep_minutes_days=8, keep_hours_days=0, keep_days_days=0)
    kept.run("resolutions")
    kept.write(old(0, volume_pct=5))
    settle(kept, keep)
    settle(kept, keep)  # on plain PostgreSQL a bucket's partition is made after it
    assert kept.told("loudspeaker", "minute") == {}
    kept.write(old(1000, volume_pct=6))
    settle(kept, keep)
    [row] = kept.told("loudspeaker", "hour").values()
    assert (row["n"], row["volume_pct_sum"], row["volume_pct_last"]) == (2, 11, 6)
    [row] = kept.told("loudspeaker", "day").values()
    assert (row["n"], row["volume_pct_sum"]) == (2, 11)


def test_a_batch_that_is_being_written_is_not_dropped_from_under_its_feet(migrated):
    with opened(migrated("postgresql").dsn) as kept:
        kept.run("resolutions")
        kept.write(old(volume_pct=1))
        kept.run("room")
        kept.run("resolutions")
        device = kept.number()
        with psycopg.connect(kept.dsn) as ingest:  # as a batch with a late reading, before its commit
            ingest.execute(
                "INSERT INTO reading_loudspeaker (ts, device_id, received_at, volume_pct) "
                "SELECT ts + interval '1 s', device_id, now(), 2 FROM reading_loudspeaker"
            )
            ingest.execute(
                "INSERT INTO touched SELECT 'loudspeaker', date_trunc('hour', min(ts)), %s FROM reading_loudspeaker",
                (device,),
            )
            with kept.work(KEEP) as work:
                work.connection.execute("SET lock_timeout = '100ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    retention.run(work)
        settle(kept)
        [row] = kept.told("loudspeaker", "hour").values()
        assert (row["n"], row["volume_pct_sum"]) == (2, 3)
        assert raw(kept) == 0


def test_a_suspect_reading_stays_its_time_after_it_was_received(kept):
    kept.run("resolutions")
    kept.write(said(0, volume_pct=1, suspect=True), old(volume_pct=1))
    settle(kept)
    assert kept.sql("SELECT suspect FROM reading_loudspeaker") == [(True,)]


def test_readings_before_any_partition_get_one_of_their_own(migrated):
    with opened(migrated("postgresql").dsn) as kept:
        kept.write(old(volume_pct=1), said(0, volume_pct=1, suspect=True))
        kept.run("room")
        places = kept.sql("SELECT suspect, tableoid::regclass::text FROM reading_loudspeaker ORDER BY suspect")
    assert places[0][1].startswith("reading_loudspeaker_20")
    assert places[1][1] == "reading_loudspeaker_elsewhen"


@pytest.mark.parametrize("name", ["timescaledb-apache", "timescaledb-community"])
def test_the_chunks_of_tomorrow_are_there_and_empty(migrated, name):
    with opened(migrated(name).dsn) as kept:
        kept.run("room")
        kept.run("room")
        for family in families():
            later = "SELECT count(*) FROM spans(%s) WHERE begins > now()"
            assert kept.sql(later, f"reading_{family}") == [(2,)]
            assert kept.sql(f"SELECT count(*) FROM reading_{family}") == [(0,)]


@pytest.mark.parametrize("name", ["timescaledb-community"])
def test_what_is_compressed_answers_the_same_and_takes_what_comes_late(migrated, name):
    with opened(migrated(name).dsn) as kept:
        kept.run("resolutions")
        written = [old(ms, volume_pct=ms % 7, plays_total=ms % 5) for ms in range(0, HOUR, 60_000)]
        kept.write(*written)
        kept.run("resolutions")
        assert kept.run("compression") == "3 chunks compressed"
        assert kept.sql("SELECT compressed FROM spans('reading_loudspeaker')") == [(True,)]
        same(kept, written)
        late = [old(30_500, volume_pct=99), old(60_000, volume_pct=4)]  # the second is a repeat
        kept.write(*late)
        kept.run("resolutions")
        same(kept, [*written, *late])
        assert raw(kept) == 61


def test_when_the_disk_is_nearly_full_the_next_of_the_order_goes_and_no_more(kept):
    order = ("minute beyond 9 days", "raw beyond 9 days")
    for_ever = Store(keep_raw_days=0, keep_minutes_days=0, keep_hours_days=0, give_up=order)
    kept.run("resolutions")
    kept.write(old(volume_pct=1), said(now_ms(), volume_pct=2))
    settle(kept, for_ever)
    kept.run("room", for_ever)
    assert (raw(kept), len(kept.told("loudspeaker", "minute"))) == (2, 2)
    kept.sql("INSERT INTO disk_sample (hour, database_bytes, free_bytes, total_bytes) "
             "VALUES (date_trunc('hour', now()), 95, 5, 100)")  # fmt: skip
    assert "minute given up" in kept.run("retention", for_ever)
    assert (raw(kept), len(kept.told("loudspeaker", "minute"))) == (2, 1)
    assert "raw given up" in kept.run("retention", for_ever)
    assert raw(kept) == 1
    kept.run("retention", for_ever)
    assert len(kept.told("loudspeaker", "hour")) == 2

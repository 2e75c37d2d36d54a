"""A database with data in place gets its resolutions, and a family that has learnt a metric goes on with it."""

import psycopg
from psycopg.types.json import Jsonb

from ioc.clock import now_ms
from ioc.migrate import migrate, pending
from tests.store.conftest import HOUR, opened, said
from tests.store.test_resolutions import same


def test_readings_kept_before_there_were_resolutions_are_in_them_at_once_and_after_the_job(request):
    for fixture in ("plain_dsn", "dsn", "community_dsn"):
        dsn = request.getfixturevalue(fixture)
        migrate(dsn, only=range(1, 6))
        start = now_ms() // HOUR * HOUR - 60 * HOUR
        before = [
            said(start + n * 977_000, volume_pct=n % 7, plays_total=n % 11, playing=n % 3 == 0) for n in range(200)
        ]
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("INSERT INTO device (address, admission) VALUES (%s, 'admitted')", (before[0].device,))
            connection.cursor().executemany(
                "INSERT INTO reading_loudspeaker "
                "(ts, device_id, received_at, origin, volume_pct, plays_total, playing) "
                "SELECT to_timestamp(%s / 1000.0), id, now(), 's1', %s, %s, %s FROM device",
                [(sample.ts, *sample.metrics.values()) for sample in before],
            )
        with opened(dsn) as kept:
            same(kept, before)
            kept.run("resolutions")
            assert kept.sql("SELECT count(*) > 0 FROM day_loudspeaker_kept") == [(True,)]
            same(kept, before)


def test_a_metric_that_a_family_has_learnt_is_in_its_resolutions_and_was_none_before(request):
    for fixture in ("plain_dsn", "dsn", "community_dsn"):
        with opened(request.getfixturevalue(fixture)) as kept:
            forget_volume(kept)
            at = now_ms() - 5 * HOUR
            kept.run("resolutions")
            kept.sql("INSERT INTO device (address, admission) VALUES ('a/loudspeaker/1', 'admitted')")
            insert = "SELECT to_timestamp(%s), id, now(), %s FROM device"
            columns = "(ts, device_id, received_at, more)"
            kept.sql(f"INSERT INTO reading_loudspeaker {columns} {insert}", at / 1000, Jsonb({"volume_pct": 5}))
            kept.sql("INSERT INTO touched VALUES ('loudspeaker', date_trunc('hour', to_timestamp(%s)))", at / 1000)
            with_all = "SELECT n, volume_pct_n, volume_pct_max FROM hour_loudspeaker ORDER BY bucket"
            migrate(kept.dsn)
            with psycopg.connect(kept.dsn) as connection:
                assert pending(connection) == []
            kept.run("resolutions")
            later = said(at + 2 * HOUR, "a/loudspeaker/1", volume_pct=7)
            kept.write(later)
            kept.run("resolutions")
            assert kept.sql(with_all) == [(1, 0, None), (1, 1, 7)]


def forget_volume(kept):
    """As a version whose loudspeakers have no volume."""
    views = ", ".join(f"{each}_loudspeaker" for each in ("day", "hour", "minute"))
    kept.sql(f"DROP VIEW reading, {views}")
    kept.sql("ALTER TABLE reading_loudspeaker DROP COLUMN volume_pct")
    for resolution in ("minute", "hour", "day"):
        for form in ("n", "min", "max", "sum", "last"):
            kept.sql(f"ALTER TABLE {resolution}_loudspeaker_kept DROP COLUMN volume_pct_{form}")

"""Migrations: once, in order, from several machines at once, and never rewritten."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.types.json import Jsonb

from ioc import migrate as module
from ioc import site
from ioc.errors import CommandError
from ioc.migrate import migrate, pending


@pytest.fixture(params=["timescaledb-apache", "timescaledb-community", "postgresql"])
def database(request):
    """An empty database of each edition, and the edition's name."""
    fixtures = {"timescaledb-apache": "dsn", "timescaledb-community": "community_dsn", "postgresql": "plain_dsn"}
    return request.getfixturevalue(fixtures[request.param]), request.param


def test_a_second_run_applies_nothing_and_the_edition_is_known(database):
    dsn, edition = database
    first, second = [], []
    assert migrate(dsn, first.append).name == edition
    migrate(dsn, second.append)
    assert len(first) >= 3
    assert second == []
    with psycopg.connect(dsn) as connection:
        assert pending(connection) == []


def test_several_machines_at_once_apply_each_step_once(plain_dsn):
    applied = []
    with ThreadPoolExecutor(4) as machines:
        list(machines.map(lambda _: migrate(plain_dsn, applied.append), range(4)))
    assert len(applied) == len(set(applied))


def test_a_step_that_changed_after_it_was_applied_is_refused(plain_dsn):
    migrate(plain_dsn)
    with psycopg.connect(plain_dsn) as connection:
        connection.execute("UPDATE migration SET digest = 'other' WHERE number = 2")
    with pytest.raises(CommandError, match="0002"):
        migrate(plain_dsn)


def test_every_table_and_function_says_in_the_database_what_it_is_for(database):
    dsn, _ = database
    migrate(dsn)
    silent = """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'migration'
          AND obj_description(c.oid, 'pg_class') IS NULL"""
    with psycopg.connect(dsn) as connection:
        assert connection.execute(silent).fetchall() == []


def test_a_row_that_came_before_its_partition_moves_in_when_that_is_made(plain_dsn):
    migrate(plain_dsn)
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO reading_camera (ts, device_id, received_at) VALUES ('2031-05-05', 1, now())")
        connection.execute("SELECT make_partitions('2031-05-01', '2031-05-20')")
        [(place,)] = connection.execute("SELECT tableoid::regclass::text FROM reading_camera").fetchall()
    assert place == "reading_camera_2031w19"


def test_a_site_file_is_stored_as_often_as_one_likes(plain_dsn):
    migrate(plain_dsn)
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        site.store(connection, site.shipped("nong-son"))
        site.store(connection, site.shipped("nong-son"))
        assert connection.execute("SELECT count(*) FROM area").fetchone() == (11,)


def test_readings_of_the_one_table_of_before_are_moved_into_their_families(database, monkeypatch):
    dsn, _ = database
    steps = list(module._files())
    with monkeypatch.context() as patch:
        patch.setattr(module, "_files", lambda: iter(steps[:4]))
        patch.setattr(module, "_shape_series", lambda _connection, _say: None)
        patch.setattr(module, "_shape_resolutions", lambda *_: None)
        migrate(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO device (address, admission) VALUES ('a/camera/1', 'admitted'), ('a/wifi/1', 'admitted')"
        )
        kept = [
            ("a/camera/1", {"fps": 25, "motion": True, "cpu_pct": "high", "temperature_c": None, "gate": 1}),
            ("a/wifi/1", {"clients": 3}),
        ]
        for address, m in kept:
            connection.execute(
                "INSERT INTO reading (ts, device_id, seq, received_at, m) "
                "SELECT now(), id, 7, now(), %s FROM device WHERE address = %s",
                (Jsonb(m), address),
            )
        migrate(dsn)
        found = connection.execute("SELECT address, m FROM reading JOIN device ON id = device_id ORDER BY 1").fetchall()
        assert found == kept
        [row] = connection.execute("SELECT fps, motion, cpu_pct, more FROM reading_camera").fetchall()
        assert row == (25, True, None, {"cpu_pct": "high", "temperature_c": None, "gate": 1})
        assert connection.execute("SELECT to_regclass('reading_untyped')").fetchone() == (None,)


def test_a_metric_that_a_family_has_learnt_gets_its_column_and_the_view_shows_both(plain_dsn):
    migrate(plain_dsn)
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        connection.execute("DROP VIEW reading, day_camera, hour_camera, minute_camera")
        connection.execute("ALTER TABLE reading_camera DROP COLUMN light_lux")
        missing = ["reading_camera.light_lux", "minute_camera", "hour_camera", "day_camera"]
        assert pending(connection) == missing
        connection.execute(
            "INSERT INTO reading_camera (ts, device_id, received_at, more) VALUES (now(), 1, now(), %s)",
            (Jsonb({"light_lux": 5}),),
        )
        migrate(plain_dsn)
        connection.execute(
            "INSERT INTO reading_camera (ts, device_id, received_at, light_lux) VALUES (now(), 1, now(), 6)"
        )
        assert pending(connection) == []
        found = connection.execute("SELECT m FROM reading ORDER BY ts").fetchall()
    assert found == [({"light_lux": 5},), ({"light_lux": 6},)]

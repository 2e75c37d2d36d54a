"""The disk watch on real databases: what it sees, what it tells, the alert that comes of it, and what is given up."""

import json
from uuid import uuid4

import psycopg
import pytest
from msgspec.structs import replace
from psycopg_pool import ConnectionPool
from realparts.centre import ask
from realparts.small_disk import small_disk

from alerts.engine import Engine
from alerts.rulefile import default_rules
from ingest.adapter import Source, choose
from ingest.admission import Gate
from ingest.batch import Judge
from ingest.model import Admission, Device, Heard, Message, Presence, View
from ioc.clock import now_ms
from ioc.commands.check import look
from ioc.disk import DAY_MS, FULL_PCT, forecast, next_to_go, order
from ioc.disklook import look as look_at_disk
from ioc.disklook import oldest
from ioc.diskwatch import DiskWatch, address
from ioc.embedded import start_database
from ioc.migrate import migrate
from ioc.readiness import disk_problem
from ioc.settings import Database, Settings, Store
from ioc.strangers import admission

MIB = 2**20
THERE = Presence(connected=True, fresh=True, working=True)


@pytest.fixture
def watch_of():
    """A function that gives a watch on a database."""
    pools = []

    def make(dsn, settings):
        pools.append(ConnectionPool(dsn, min_size=1, max_size=1, open=True))
        return DiskWatch(pools[-1], settings, "demo")

    yield make
    for pool in pools:
        pool.close()


def yesterday(dsn, database_mib, free_mib):
    """As if we had looked, hour by hour, since yesterday, and the database had grown to what it is."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO disk_sample SELECT date_trunc('hour', now()) - h * interval '1 hour', "
            "pg_database_size(current_database()) - h * %s::bigint, %s, %s FROM generate_series(1, 24) h",
            [database_mib * MIB // 24, free_mib * MIB, 10**12],
        )


def heard(watch, standing, at):
    """What the ingest makes of what the watch says."""
    judge = Judge(choose(["native"]), {"native": Source("demo")}, Gate())
    said = [judge.judge(Message(topic, payload, at)) for topic, payload in watch.messages(standing, at)]
    assert {judged.outcome.value for judged in said} == {"stored"}
    samples = tuple(report for judged in said for report in judged.reports if type(report).__name__ == "Sample")
    device = Device(address("demo"), Admission.ADMITTED)
    return Heard(at, (View(device, THERE),), samples)


def test_the_days_left_are_foretold_remembered_and_told_on_every_edition(edition, watch_of):
    [(size,)] = ask(edition.dsn, "SELECT pg_database_size(current_database())")
    settings = replace(Settings(), database=Database(edition.dsn), store=Store(disk_gb=(size + 300 * MIB) / 2**30))
    yesterday(edition.dsn, 24, 300)
    watch = watch_of(edition.dsn, settings)
    standing = watch.step(now_ms())
    assert standing.days_left == pytest.approx(300 / 24, rel=0.15)
    [(topic, _), (_, payload)] = watch.messages(standing, now_ms())
    assert topic == "ioc/v1/demo/indicator/centre/birth"
    assert json.loads(payload)["m"] == {"disk_days_left": standing.days_left, "disk_used_pct": standing.used_pct}
    assert len(watch.messages(standing, now_ms())) == 1  # who we are is said once
    assert ask(edition.dsn, "SELECT count(*) FROM disk_sample") == [(25,)]


def test_what_it_tells_raises_the_alert_before_it_is_too_late_and_the_alert_clears(plain_dsn, watch_of):
    migrate(plain_dsn)
    watch, engine, at = watch_of(plain_dsn, Settings()), Engine(default_rules(), now=0), now_ms()
    short = forecast([])  # nothing is known yet: nobody is woken
    assert list(engine.observe(heard(watch, short, at))) == []
    severities = []
    for minute in range(1, 30):
        now = at + minute * 60_000
        days = 20 if minute < 15 else 3
        engine.tick(now)
        engine.observe(heard(watch, replace_standing(days), now))
        severities += [alert.severity.value for alert in engine.alerts.values() if alert.condition.value == "firing"]
    assert severities[0] == "minor"
    assert severities[-1] == "critical"
    for minute in range(30, 70):
        now = at + minute * 60_000
        engine.tick(now)
        engine.observe(heard(watch, replace_standing(400), now))
    assert {alert.condition.value for alert in engine.alerts.values()} <= {"cleared"}


def test_a_disk_that_is_nearly_full_is_no_longer_ready_and_says_how_long_it_lasts(plain_dsn, watch_of):
    migrate(plain_dsn)
    [(size,)] = ask(plain_dsn, "SELECT pg_database_size(current_database())")
    watch = watch_of(plain_dsn, replace(Settings(), store=Store(disk_gb=(size + 30 * MIB) / 2**30)))
    watch.step(now_ms())
    assert disk_problem(watch._pool) is None, "a first look foretells nothing"
    yesterday(plain_dsn, 24, 30)
    watch.step(now_ms())
    assert "lasts 1." in disk_problem(watch._pool)


def replace_standing(days):
    from ioc.disk import Forecast

    return Forecast(40.0, 1.0, days)


def test_nobody_need_admit_the_centre_itself():
    from ioc.site import NOBODY

    admit = admission(Settings(), NOBODY)
    assert admit("site/indicator/centre") is Admission.ADMITTED
    assert admit("site/indicator/other") is Admission.PENDING


def test_a_disk_that_nobody_shows_us_has_no_forecast_and_check_says_what_to_set(plain_dsn):
    migrate(plain_dsn)
    role = f"looker_{uuid4().hex[:8]}"  # may not ask where the files are, as on a server of somebody else's
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        settings = replace(Settings(), database=Database(plain_dsn.replace("//postgres@", f"//{role}@")))
        found = next(line for line in look(settings) if "database's disk" in line.what)
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert found.ok, found.mend
    assert "đặt store.disk_gb" in found.fact


def test_the_disk_fills_the_oldest_readings_go_and_there_is_room_again(tmp_path_factory, open_folder):
    with small_disk(open_folder / "small", 480) as disk:
        if disk is None:
            pytest.skip("a small disk needs the right to mount one (root)")
        part = start_database(disk.folder / "data")
        try:
            migrate(part.url)
            drill(disk, part.url, replace(Settings(), data_dir=str(disk.folder / "data")))
        finally:
            disk.free()
            part.stop()


FILL = """
SELECT make_partitions('2026-01-05', '2026-01-05');
INSERT INTO reading_camera (ts, received_at, seq, device_id, more)
SELECT '2026-01-05'::timestamptz + n * interval '1 s', now(), n, 1, jsonb_build_object('note', md5(n::text))
FROM generate_series(1, 400000) n;
INSERT INTO audit (at, actor, action) VALUES ('2026-01-05', 'lan', 'kept whatever goes');
CHECKPOINT
"""


def drill(disk, dsn, settings):
    steps, now = order(settings.store.give_up), now_ms()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(FILL)
        assert standing_of(connection, settings, now).used_pct < FULL_PCT
        disk.fill(leave=20 * MIB)
        full = standing_of(connection, settings, now)
        assert full.used_pct >= FULL_PCT
        found = next(line for line in look(settings) if "database's disk" in line.what)
        assert not found.ok
        assert "thêm đĩa (add disk), hoặc bỏ (or let go) raw < " in found.mend
        drop = next_to_go(steps, full, oldest(connection), now)
        assert (drop.what, drop.before) == ("raw", now - 90 * DAY_MS)
        weeks = "SELECT relname FROM pg_class WHERE relispartition AND relname LIKE 'reading%2026w02' AND relkind = 'r'"
        for (week,) in connection.execute(weeks).fetchall():
            connection.execute(f"DROP TABLE {week}")
        after = standing_of(connection, settings, now)
        assert after.used_pct < full.used_pct - 5
        left = next_to_go(steps, full, oldest(connection), now)  # the weeks that migration made, two back
        assert (left.what, left.days) == ("raw", 7)
        assert connection.execute("SELECT action FROM audit").fetchall() == [("kept whatever goes",)]


def standing_of(connection, settings, now):
    return forecast([look_at_disk(connection, settings, now)])

"""The restore drill: a backup of any edition comes back whole on any edition, and the ingest goes on with no double."""

import itertools
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from realparts.timescale import fresh_database

from ioc.migrate import migrate
from tests.ioc.backup.conftest import bring_back, contents, fill, judged, keep, telemetry

EDITIONS = {"postgresql": "plain_dsn", "timescaledb-apache": "dsn", "timescaledb-community": "community_dsn"}


@pytest.fixture
def empty(request):
    """A function that gives an empty, unmigrated database of an edition."""
    return lambda name: request.getfixturevalue(EDITIONS[name])


@pytest.mark.parametrize(("source", "target"), [*itertools.permutations(EDITIONS, 2)])
def test_what_was_kept_on_one_edition_comes_back_on_another_and_the_ingest_goes_on(
    source, target, migrated, empty, back_up
):
    there = migrated(source).dsn
    said = fill(there)
    file, here = back_up(there), empty(target)
    bring_back(file, here)
    assert contents(here) == contents(there)
    assert keep(here, judged(*said, telemetry(40))) == ["duplicate"] * len(said) + ["stored"]


def test_it_comes_back_on_the_same_edition_after_everything_was_lost(edition, back_up):
    fill(edition.dsn)
    before, file = contents(edition.dsn), back_up(edition.dsn)
    keep(edition.dsn, judged(telemetry(99)))
    bring_back(file, edition.dsn, replace=True)
    assert contents(edition.dsn) == before
    keep(edition.dsn, judged(telemetry(1, "demo/wifi/new", clients=3)))  # numbers of rows go on after the greatest


def test_rows_numbered_by_the_database_go_on_after_those_that_came_back(migrated, plain_dsn, back_up, dsn):
    fill(migrated("timescaledb-apache").dsn)
    bring_back(back_up(dsn), plain_dsn)
    with psycopg.connect(plain_dsn) as connection:
        row = connection.execute(
            "INSERT INTO audit (at, actor, action) VALUES (now(), 'x', 'y') RETURNING id"
        ).fetchone()
    assert row == (4,)


def test_readings_come_back_into_the_partitions_of_their_weeks(migrated, plain_dsn, back_up):
    there = migrated("timescaledb-apache").dsn
    fill(there)
    bring_back(back_up(there), plain_dsn)
    with psycopg.connect(plain_dsn) as connection:
        found = connection.execute("SELECT DISTINCT tableoid::regclass::text FROM reading_loudspeaker").fetchall()
        lost = connection.execute("SELECT count(*) FROM reading_camera_elsewhen").fetchone()
    assert [name for (name,) in found if name.endswith("elsewhen")] == []
    assert lost == (1,)  # the one of 1970


def test_a_backup_is_of_one_moment_and_stops_nobody_from_writing(edition, back_up, monkeypatch):
    fill(edition.dsn)
    before, written = contents(edition.dsn), []
    from ioc.backup import dump

    table = dump._table

    def meanwhile(connection, writing, relation, told):
        if edition.sessions and not written:
            written.extend(keep(edition.dsn, judged(telemetry(77))))
        return table(connection, writing, relation, told)

    monkeypatch.setattr(dump, "_table", meanwhile)
    file = back_up(edition.dsn)
    assert written == (["stored"] if edition.sessions else [])
    bring_back(file, edition.dsn, replace=True)
    assert contents(edition.dsn) == before


AGGREGATE = """
CREATE MATERIALIZED VIEW status_day WITH (timescaledb.continuous) AS
SELECT time_bucket('1 day', ts) AS day, device_id, count(*) AS said FROM status GROUP BY 1, 2 WITH NO DATA
"""


def test_history_in_a_continuous_aggregate_outlives_its_raw_rows(community, migrated, back_up):
    there = migrated("timescaledb-community").dsn
    kept = "SELECT day, device_id, said FROM status_day ORDER BY 1, 2"
    with psycopg.connect(there, autocommit=True) as connection:
        connection.execute(AGGREGATE)
        connection.execute(
            "INSERT INTO status (ts, device_id, state, received_at) "
            "SELECT now() - n * interval '1 day', n % 2, 'online', now() FROM generate_series(1, 90) n"
        )
        connection.execute("CALL refresh_continuous_aggregate('status_day', NULL, NULL)")
        connection.execute("SELECT drop_chunks('status', older_than => interval '20 days')")
        history = connection.execute(kept).fetchall()
        assert len(history) == 90
    file = back_up(there)
    with community.fresh_database() as here:
        migrate(here)
        with psycopg.connect(here, autocommit=True) as connection:
            connection.execute(AGGREGATE)
        bring_back(file, here)
        bring_back(file, here, replace=True)
        with psycopg.connect(here, autocommit=True) as connection:
            assert connection.execute(kept).fetchall() == history
            connection.execute("CALL refresh_continuous_aggregate('status_day', now() - interval '9 days', NULL)")
            assert connection.execute(kept).fetchall() == history


def test_the_databases_own_user_needs_no_more_rights_to_bring_it_back(migrated, timescale, back_up):
    there = migrated("postgresql").dsn
    fill(there)
    file, role = back_up(there), f"owner_{uuid4().hex[:8]}"
    with fresh_database(timescale.dsn) as here, psycopg.connect(here, autocommit=True) as admin:
        admin.execute("CREATE EXTENSION timescaledb")
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        admin.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        admin.execute(f"GRANT CREATE ON DATABASE {conninfo_to_dict(here)['dbname']} TO {role}")
        theirs = make_conninfo(here, user=role, password="x")
        bring_back(file, theirs)
        bring_back(file, theirs, replace=True)
        assert contents(theirs) == contents(there)
        admin.execute(f"DROP OWNED BY {role} CASCADE")
        admin.execute(f"DROP ROLE {role}")

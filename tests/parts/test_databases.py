"""The database fixtures are real servers: TimescaleDB makes hypertables, and a kill loses no commit."""

import psycopg


def test_timescale_makes_a_hypertable(dsn):
    with psycopg.connect(dsn) as db:
        db.execute("CREATE EXTENSION timescaledb")
        db.execute("CREATE TABLE samples (ts timestamptz NOT NULL, v double precision)")
        db.execute("SELECT create_hypertable('samples', 'ts')")
        db.execute("INSERT INTO samples SELECT now() - i * interval '1 day', i FROM generate_series(1, 30) i")
        chunks = db.execute("SELECT count(*) FROM show_chunks('samples')").fetchone()
    assert chunks is not None
    assert chunks[0] >= 4


def test_each_test_has_an_empty_database(dsn):
    with psycopg.connect(dsn) as db:
        found = db.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert found == (0,)


def test_a_killed_timescale_keeps_what_was_committed(make_timescale):
    server = make_timescale()
    with psycopg.connect(server.dsn) as db:
        db.execute("CREATE TABLE kept AS SELECT 1 AS one")
    server.kill()
    server.start()
    with psycopg.connect(server.dsn) as db:
        assert db.execute("SELECT one FROM kept").fetchone() == (1,)


def test_plain_postgresql_has_no_timescale(plain_dsn):
    with psycopg.connect(plain_dsn) as db:
        found = db.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    assert found == (0,)

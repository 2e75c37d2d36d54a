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


def test_community_compresses_and_aggregates(community_dsn):
    with psycopg.connect(community_dsn, autocommit=True) as db:
        db.execute("CREATE EXTENSION timescaledb")
        db.execute("CREATE TABLE samples (ts timestamptz NOT NULL, v double precision)")
        db.execute("SELECT create_hypertable('samples', 'ts')")
        db.execute("INSERT INTO samples SELECT now() - i * interval '1 day', i FROM generate_series(1, 30) i")
        db.execute("ALTER TABLE samples SET (timescaledb.compress)")
        db.execute("SELECT compress_chunk(c) FROM show_chunks('samples') c")
        db.execute(
            "CREATE MATERIALIZED VIEW days WITH (timescaledb.continuous) AS "
            "SELECT time_bucket('1 day', ts) AS day, count(*) FROM samples GROUP BY 1"
        )
        assert db.execute("SELECT count(*) FROM days").fetchone() == (30,)


def test_clients_of_a_community_database_take_turns_at_it(community_dsn):
    with psycopg.connect(community_dsn) as one, psycopg.connect(community_dsn) as two:
        one.execute("CREATE TABLE kept (n int)")
        with one.cursor().copy("COPY kept FROM STDIN") as copy:
            copy.write_row((1,))
        one.commit()
        for _ in range(7):  # beyond the fifth, psycopg prepares: each client has statements of its own
            assert one.execute("SELECT n + %s FROM kept", [1]).fetchone() == (2,)
            one.commit()
            assert two.execute("SELECT n - %s FROM kept", [1]).fetchone() == (0,)
            two.commit()

-- What the ingest keeps: areas, devices, their readings, statuses and events, the account of every message.
--
-- Series (tables by time) are TimescaleDB hypertables where the extension is there, and native partitions by week
-- where only PostgreSQL is; `make_series` decides. Times are the device's (`ts`) and the centre's (`received_at`).

CREATE FUNCTION make_series(series text, every interval) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable(series::regclass, 'ts', chunk_time_interval => every,
                                  create_default_indexes => false);
    ELSE
        EXECUTE format('ALTER TABLE %I RENAME TO series_shape', series);
        EXECUTE format('CREATE TABLE %I (LIKE series_shape INCLUDING ALL) PARTITION BY RANGE (ts)', series);
        -- Stamps of broken clocks (1970, 2099) live here, so that no message is ever refused for its time.
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', series || '_elsewhen', series);
        EXECUTE format('COMMENT ON TABLE %I IS %L', series, obj_description('series_shape'::regclass));
        DROP TABLE series_shape;
    END IF;
END $$;
COMMENT ON FUNCTION make_series IS 'Turns a new table into one kept by time: a hypertable, or partitions by week.';

CREATE FUNCTION make_partitions(from_day date, to_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    series text;
    week date;
    part text;
BEGIN
    FOR series IN SELECT relname FROM pg_class c JOIN pg_partitioned_table p ON p.partrelid = c.oid LOOP
        FOR week IN SELECT generate_series(date_trunc('week', from_day), to_day, '7 days')::date LOOP
            part := format('%s_%s', series, to_char(week, 'IYYY"w"IW'));
            CONTINUE WHEN to_regclass(part) IS NOT NULL;
            -- Rows that came before their week's partition wait in the default one; they move in with it.
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)', part, series);
            EXECUTE format('WITH early AS (DELETE FROM %I WHERE ts >= %L AND ts < %L RETURNING *) '
                           'INSERT INTO %I SELECT * FROM early',
                           series || '_elsewhen', week::timestamptz, (week + 7)::timestamptz, part);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           series, part, week::timestamptz, (week + 7)::timestamptz);
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION make_partitions IS 'Makes the weekly partitions of every series ahead; does nothing on TimescaleDB.';

CREATE TABLE area (
    slug text PRIMARY KEY,
    name text NOT NULL,
    parent text REFERENCES area (slug),
    lat double precision,
    lon double precision,
    boundary jsonb,
    valid_from date,
    valid_to date
);
COMMENT ON TABLE area IS 'Places devices stand in. Areas are data with a validity period: communes merge and are renamed.';
COMMENT ON COLUMN area.boundary IS 'GeoJSON geometry, where a boundary was imported; else the place is its point.';

CREATE TABLE device (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address text NOT NULL UNIQUE,
    admission text NOT NULL CHECK (admission IN ('pending', 'admitted', 'retired')),
    name text,
    maker text,
    model text,
    fw text,
    lat double precision,
    lon double precision,
    area text,
    gateway text,
    interval_s double precision,
    metrics jsonb NOT NULL DEFAULT '{}',
    commands text[] NOT NULL DEFAULT '{}',
    held text[] NOT NULL DEFAULT '{}',
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT '-infinity',
    state text,
    state_reason text,
    session text,
    heard_at timestamptz,
    latest jsonb NOT NULL DEFAULT '{}',
    kept_at timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE device IS 'Every device ever heard or listed, with its last known state (a checkpoint, seconds old).';
COMMENT ON COLUMN device.address IS 'site/family/name, as in its topic; never changes, so history follows it.';
COMMENT ON COLUMN device.area IS 'Slug of the area it stands in; not in its topic, for areas merge.';
COMMENT ON COLUMN device.gateway IS 'Address of the gateway it reaches us through; when that dies, this is unknown.';
COMMENT ON COLUMN device.held IS 'Columns that an operator or the site file set: a birth does not overwrite them.';
COMMENT ON COLUMN device.changed_at IS 'When a person or the site file last changed its record; the running ingest follows it.';
COMMENT ON COLUMN device.latest IS 'Newest value of each metric: {"metric": [value, epoch ms]}.';
CREATE INDEX device_changed ON device (changed_at);

CREATE TABLE reading (
    ts timestamptz NOT NULL,
    device_id integer NOT NULL,
    seq bigint NOT NULL DEFAULT -1,
    origin text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL,
    stamped boolean NOT NULL DEFAULT true,
    suspect boolean NOT NULL DEFAULT false,
    m jsonb NOT NULL,
    PRIMARY KEY (device_id, ts, seq, origin)
);
COMMENT ON TABLE reading IS 'Samples as heard, one row each; the key is a sample''s identity, so none is kept twice.';
COMMENT ON COLUMN reading.ts IS 'The device''s own time where it gave one (`stamped`), else the centre''s.';
COMMENT ON COLUMN reading.seq IS 'Its number within the session; -1 where the equipment does not count.';
COMMENT ON COLUMN reading.origin IS 'The session of a native device; the speaking part of a foreign one.';
COMMENT ON COLUMN reading.suspect IS 'The device''s clock cannot be right; kept, but no latest value is taken from it.';
COMMENT ON COLUMN reading.m IS 'The metrics by name; units stand in the names; null is unknown.';
SELECT make_series('reading', '1 day');
CREATE INDEX reading_received ON reading USING brin (received_at);

CREATE TABLE status (
    ts timestamptz NOT NULL,
    device_id integer NOT NULL,
    state text NOT NULL,
    reason text NOT NULL DEFAULT '',
    session text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, ts, state, reason, session)
);
COMMENT ON TABLE status IS 'What devices, and the broker for dead ones (reason lwt), said of their connection.';
SELECT make_series('status', '30 days');

CREATE TABLE event (
    ts timestamptz NOT NULL,
    device_id integer NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    phase text NOT NULL,
    severity text,
    data jsonb NOT NULL DEFAULT '{}',
    seq bigint NOT NULL DEFAULT -1,
    origin text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL,
    stamped boolean NOT NULL DEFAULT true,
    suspect boolean NOT NULL DEFAULT false,
    PRIMARY KEY (device_id, ts, id, phase, seq, origin)
);
COMMENT ON TABLE event IS 'Things that happened at devices: start, update and end share an id.';
SELECT make_series('event', '30 days');

CREATE TABLE order_ack (
    ref text NOT NULL,
    device_id integer NOT NULL,
    state text NOT NULL,
    ts timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    detail text,
    PRIMARY KEY (ref, device_id, state)
);
COMMENT ON TABLE order_ack IS 'Each step of an order as its device told it.';

CREATE TABLE quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    topic text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    bytes integer NOT NULL,
    head text NOT NULL
);
COMMENT ON TABLE quarantine IS 'Messages that could not be used: why, and their first bytes with private data masked.';
CREATE INDEX quarantine_received ON quarantine (received_at);

CREATE TABLE ledger_hour (
    hour timestamptz PRIMARY KEY,
    received bigint NOT NULL DEFAULT 0,
    stored bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    ignored bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    shed bigint NOT NULL DEFAULT 0,
    seq_gaps bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON TABLE ledger_hour IS 'The account of settled messages by hour, written in the transaction that keeps them.';

CREATE TABLE ingest_run (
    started_at timestamptz PRIMARY KEY,
    kept_at timestamptz NOT NULL,
    received bigint NOT NULL,
    stored bigint NOT NULL,
    duplicate bigint NOT NULL,
    ignored bigint NOT NULL,
    quarantined bigint NOT NULL,
    shed bigint NOT NULL,
    in_flight bigint NOT NULL,
    spooled bigint NOT NULL,
    seq_gaps bigint NOT NULL,
    hearing boolean NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE ingest_run IS 'The running account of each ingest process since it started; in_flight is not settled yet.';
COMMENT ON COLUMN ingest_run.hearing IS 'Whether it is connected to the broker.';

CREATE TABLE spool_mark (
    spool text PRIMARY KEY,
    record bigint NOT NULL
);
COMMENT ON TABLE spool_mark IS 'How far the spool on an ingest''s disk was drained into this database.';

CREATE TABLE delivery (
    packet integer PRIMARY KEY,
    digest bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE delivery IS 'What the broker last delivered under each packet id, of messages without an identity of their own: delivered again after a crash, they are known.';

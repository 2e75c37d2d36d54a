-- Readings by the minute, the hour and the day: what is needed beside the tables themselves, which are made from what
-- the families say (ingest/resolutions.py). How they are kept right: docs/store.md.

CREATE TABLE resolution (
    family text PRIMARY KEY,
    zone text NOT NULL,
    hours_until timestamptz NOT NULL,
    days_until timestamptz NOT NULL,
    readings_since timestamptz NOT NULL DEFAULT 'epoch',
    minutes_since timestamptz NOT NULL DEFAULT 'epoch',
    hours_since timestamptz NOT NULL DEFAULT 'epoch',
    days_since timestamptz NOT NULL DEFAULT 'epoch'
);
COMMENT ON TABLE resolution IS 'How far the resolutions of each family reach: what is computed and kept, and what was let go.';
COMMENT ON COLUMN resolution.zone IS 'The time zone whose days the buckets of day_* are.';
COMMENT ON COLUMN resolution.hours_until IS 'Minutes and hours before it are kept; later ones are computed from readings when asked for.';
COMMENT ON COLUMN resolution.days_until IS 'Days before it are kept; later ones are computed from hours when asked for.';
COMMENT ON COLUMN resolution.readings_since IS 'Readings before it were let go; a later comer from there is folded into what is kept. 1970: none were.';

CREATE TABLE touched (
    family text NOT NULL,
    hour timestamptz NOT NULL,
    device_id integer
);
COMMENT ON TABLE touched IS 'Hours into which readings came after they had ended: to be computed anew. Ingest only adds; the job that computes takes away, in the transaction of its result.';
COMMENT ON COLUMN touched.device_id IS 'The device that spoke late; none where so many did that all are looked at.';
CREATE INDEX touched_hour ON touched (family, hour);

CREATE TABLE store_job (
    job text PRIMARY KEY,
    ran_at timestamptz NOT NULL,
    every_s double precision NOT NULL,
    took_ms integer NOT NULL,
    did text NOT NULL,
    problem text,
    since timestamptz,
    good_at timestamptz
);
COMMENT ON TABLE store_job IS 'The store''s own jobs: when each last ran, what it did, and what stood in its way.';
COMMENT ON COLUMN store_job.since IS 'Since when there is a problem.';
COMMENT ON COLUMN store_job.good_at IS 'When it last ran without a problem.';

CREATE FUNCTION increase(course double precision[]) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    total double precision := 0;
    before double precision;
    value double precision;
BEGIN
    FOREACH value IN ARRAY course LOOP
        IF before IS NOT NULL THEN
            total := total + CASE WHEN value >= before THEN value - before ELSE value END;
        END IF;
        before := value;
    END LOOP;
    RETURN total;
END $$;
COMMENT ON FUNCTION increase IS 'By how much a counter grew over its values in order; a lower value is one begun anew from nothing.';

CREATE FUNCTION carried(firsts double precision[], lasts double precision[]) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    total double precision := 0;
BEGIN
    FOR i IN 2 .. cardinality(firsts) LOOP
        total := total + CASE WHEN firsts[i] >= lasts[i - 1] THEN firsts[i] - lasts[i - 1] ELSE firsts[i] END;
    END LOOP;
    RETURN total;
END $$;
COMMENT ON FUNCTION carried IS 'By how much a counter grew between buckets in order, from the last value of each to the first of the next.';

CREATE FUNCTION make_buckets(buckets text, every interval) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable(buckets::regclass, 'bucket', chunk_time_interval => every,
                                  create_default_indexes => false);
    ELSE
        EXECUTE format('ALTER TABLE %I RENAME TO buckets_shape', buckets);
        EXECUTE format('CREATE TABLE %I (LIKE buckets_shape INCLUDING ALL) PARTITION BY RANGE (bucket)', buckets);
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', buckets || '_elsewhen', buckets);
        EXECUTE format('COMMENT ON TABLE %I IS %L', buckets, obj_description('buckets_shape'::regclass));
        DROP TABLE buckets_shape;
    END IF;
END $$;
COMMENT ON FUNCTION make_buckets IS 'Turns a new table of buckets into one kept by time: a hypertable, or partitions.';

CREATE FUNCTION partition_period(series text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN series LIKE 'day\_%\_kept' THEN 'year' WHEN series LIKE 'hour\_%\_kept' THEN 'month' ELSE 'week' END
$$;
COMMENT ON FUNCTION partition_period IS 'How long the partitions of a series are.';

CREATE FUNCTION partition_name(series text, begins date) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT series || '_' || CASE partition_period(series) WHEN 'week' THEN to_char(begins, 'IYYY"w"IW')
                                                          WHEN 'month' THEN to_char(begins, 'YYYY"m"MM')
                                                          ELSE to_char(begins, 'YYYY') END
$$;
COMMENT ON FUNCTION partition_name IS 'The name of the partition that begins on a day.';

CREATE FUNCTION make_partition(series text, by_time text, begins date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part text := partition_name(series, begins);
    ends date := begins + ('1 ' || partition_period(series))::interval;
BEGIN
    -- Rows that came before their partition wait in the default one; they move in with it.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)', part, series);
    EXECUTE format('WITH early AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM early',
                   series || '_elsewhen', by_time, begins::timestamptz, by_time, ends::timestamptz, part);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   series, part, begins::timestamptz, ends::timestamptz);
END $$;
COMMENT ON FUNCTION make_partition IS 'Makes one partition of a series, and moves in what waits for it.';

CREATE OR REPLACE FUNCTION make_partitions(from_day date, to_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    series record;
    begins date;
BEGIN
    FOR series IN SELECT relname AS name, attname AS by_time FROM pg_partitioned_table p
                  JOIN pg_class c ON c.oid = p.partrelid
                  JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
                  WHERE relnamespace = current_schema()::regnamespace LOOP
        FOR begins IN SELECT generate_series(date_trunc(partition_period(series.name), from_day::timestamp), to_day,
                                             ('1 ' || partition_period(series.name))::interval)::date LOOP
            IF to_regclass(partition_name(series.name, begins)) IS NULL THEN
                PERFORM make_partition(series.name, series.by_time, begins);
            END IF;
        END LOOP;
    END LOOP;
END $$;
COMMENT ON FUNCTION make_partitions IS 'Makes the partitions of every series for these days; does nothing on TimescaleDB.';

CREATE FUNCTION lonely_partitions() RETURNS TABLE (series text, by_time text, begins date) LANGUAGE plpgsql STABLE AS $$
DECLARE
    fit text;
BEGIN
    FOR series, by_time, fit IN
        SELECT relname, a.attname, CASE WHEN EXISTS (SELECT FROM pg_attribute s WHERE s.attrelid = p.partrelid
                                                     AND s.attname = 'suspect') THEN 'NOT suspect' ELSE 'true' END
        FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
        JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
        WHERE relnamespace = current_schema()::regnamespace LOOP
        RETURN QUERY EXECUTE format(
            'SELECT DISTINCT %L, %L, date_trunc(%L, %I)::date FROM %I WHERE %I >= ''2000-01-01'' AND %I < now() AND %s',
            series, by_time, partition_period(series), by_time, series || '_elsewhen', by_time, by_time, fit);
    END LOOP;
END $$;
COMMENT ON FUNCTION lonely_partitions IS 'Partitions that are not made yet and whose rows have come; a suspect clock makes none.';

CREATE FUNCTION spans(of_series text) RETURNS TABLE (part text, begins timestamptz, ends timestamptz, compressed boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        RETURN QUERY EXECUTE
            'SELECT format(''%I.%I'', chunk_schema, chunk_name), range_start, range_end, coalesce(is_compressed, false) '
            'FROM timescaledb_information.chunks WHERE hypertable_name = $1 AND hypertable_schema = current_schema()'
            USING of_series;
    ELSE
        RETURN QUERY
            SELECT found.oid::regclass::text, bounds[1]::timestamptz, bounds[2]::timestamptz, false
            FROM (SELECT c.oid, regexp_match(pg_get_expr(relpartbound, c.oid), 'FROM \(''(.*)''\) TO \(''(.*)''\)') AS bounds
                  FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
                  WHERE inhparent = of_series::regclass) AS found
            WHERE bounds IS NOT NULL;
    END IF;
END $$;
COMMENT ON FUNCTION spans IS 'The chunks or partitions of a series: from when to when each holds rows, and whether it is compressed.';

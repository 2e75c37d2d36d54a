-- name: size
-- How large this database is.
SELECT pg_database_size(current_database())

-- name: folder
-- Where a database on this very machine keeps its files; nothing where it is elsewhere.
SELECT current_setting('data_directory')
WHERE inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1'

-- name: keep_sample
-- The newest look of an hour stands for it.
INSERT INTO disk_sample (hour, database_bytes, free_bytes, total_bytes)
VALUES (date_trunc('hour', 'epoch'::timestamptz + %(at)s * interval '1 ms', 'UTC'), %(used)s, %(free)s, %(total)s)
ON CONFLICT (hour) DO UPDATE SET database_bytes = excluded.database_bytes, free_bytes = excluded.free_bytes,
    total_bytes = excluded.total_bytes

-- name: trim_samples
-- Lets go of what no forecast looks at.
DELETE FROM disk_sample WHERE hour < now() - interval '400 days'

-- name: samples
-- The hours of the last two weeks, oldest first.
SELECT round(extract(epoch FROM hour) * 1000)::bigint, database_bytes, free_bytes, total_bytes
FROM disk_sample WHERE hour > now() - interval '14 days' ORDER BY hour

-- name: oldest_partition
-- The oldest week of raw readings on plain PostgreSQL; broken clocks' are not among the weeks.
SELECT round(extract(epoch FROM min(to_date(substring(relname FROM '_(\d{4}w\d{2})$'), 'IYYY"w"IW'))) * 1000)::bigint
FROM pg_class WHERE relispartition AND relname ~ '^reading_.*_\d{4}w\d{2}$'

-- name: oldest_chunk
-- The oldest chunk of raw readings on TimescaleDB, those of broken clocks left out.
SELECT round(extract(epoch FROM min(range_start)) * 1000)::bigint FROM timescaledb_information.chunks
WHERE hypertable_name LIKE 'reading\_%' AND range_start > '2015-01-01'

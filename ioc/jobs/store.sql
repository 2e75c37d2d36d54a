-- name: reached
-- How far each family's resolutions reach.
SELECT family, zone, hours_until, days_until, readings_since, minutes_since, hours_since, days_since
FROM resolution ORDER BY family

-- name: moment
-- The database's own time, and the hour that is over long enough for most of its readings to have come.
SELECT clock_timestamp(), date_trunc('hour', clock_timestamp() - interval '5 minutes', 'UTC')

-- name: fence
-- A transaction number: every transaction that began to write before now has a lower one.
SELECT pg_current_xact_id()::text

-- name: passed
-- Whether all transactions below a number have ended.
SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %(fence)s::xid8

-- name: one_view
-- The whole transaction sees one moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- name: one_writer
-- Only one transaction at a time computes; taken before the transaction's moment, so that it sees what the last one did.
LOCK TABLE resolution IN SHARE ROW EXCLUSIVE MODE

-- name: settle
-- Takes the marks of an hour that this transaction sees; one set meanwhile stays for the next time.
DELETE FROM touched WHERE family = %(family)s AND hour = %(hour)s RETURNING device_id

-- name: devices
-- The numbers of a family's devices.
SELECT coalesce(array_agg(id), '{}') FROM device WHERE split_part(address, '/', 2) = %(family)s

-- name: advance_hours
-- One more hour is kept.
UPDATE resolution SET hours_until = %(end)s WHERE family = %(family)s AND hours_until = %(begin)s

-- name: advance_days
-- One more day is kept.
UPDATE resolution SET days_until = %(end)s WHERE family = %(family)s AND days_until = %(begin)s

-- name: day
-- The day of a zone that a moment falls into: where it begins and ends.
SELECT date_trunc('day', %(at)s::timestamptz, %(zone)s),
       (date_trunc('day', %(at)s::timestamptz, %(zone)s) AT TIME ZONE %(zone)s + interval '1 day') AT TIME ZONE %(zone)s

-- name: late
-- Hours into which readings came after they were computed, oldest first.
SELECT DISTINCT family, hour FROM touched JOIN resolution USING (family)
WHERE hour < hours_until ORDER BY hour, family LIMIT 1000

-- name: partitions_ahead
-- Makes the partitions of the weeks around today.
SELECT make_partitions(current_date - 14, current_date + 21)

-- name: lonely
-- Partitions not made yet whose rows have come.
SELECT series, by_time, begins FROM lonely_partitions() ORDER BY begins, series

-- name: make_partition
-- Makes one partition; the rows that wait for it move in.
SELECT make_partition(%(series)s, %(by_time)s, %(begins)s)

-- name: tomorrow
-- The noons of tomorrow and the day after.
SELECT date_trunc('day', clock_timestamp(), 'UTC') + day * interval '1 day' + interval '12 hours'
FROM generate_series(1, 2) AS day

-- name: over_before
-- Chunks or partitions that ended a number of days ago, oldest first.
SELECT part, begins, ends, compressed FROM spans(%(series)s)
WHERE ends <= clock_timestamp() - %(days)s * interval '1 day' ORDER BY ends

-- name: settled_before
-- Whether all that depends on a family's readings before a moment is computed.
SELECT hours_until >= %(bound)s AND days_until >= %(bound)s
    AND NOT EXISTS (SELECT FROM touched t WHERE t.family = resolution.family AND hour < %(bound)s)
FROM resolution WHERE family = %(family)s

-- name: drop_chunk
-- Drops one chunk.
SELECT drop_chunks(%(series)s::regclass, older_than => %(ends)s::timestamptz, newer_than => %(begins)s::timestamptz)

-- name: uncompressed
-- Whether a series is not set up for compression yet.
SELECT NOT compression_enabled FROM timescaledb_information.hypertables
WHERE hypertable_name = %(series)s AND hypertable_schema = current_schema()

-- name: compress
-- Compresses one chunk.
SELECT compress_chunk(%(part)s::regclass, if_not_compressed => true)

-- name: now_ms
-- The database's own time in epoch milliseconds.
SELECT round(extract(epoch FROM clock_timestamp()) * 1000)::bigint

-- name: first_end
-- When the oldest chunk or partition of a series ended (epoch milliseconds); those of broken clocks left out.
SELECT round(extract(epoch FROM min(ends)) * 1000)::bigint FROM spans(%(series)s) WHERE begins > '2015-01-01'

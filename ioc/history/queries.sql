-- name: areas_below
-- An area and all areas below it.
WITH RECURSIVE below AS (
    SELECT %(area)s::text AS slug
    UNION SELECT area.slug FROM area JOIN below ON area.parent = below.slug)
SELECT slug FROM below

-- name: stays_now
-- The devices asked for, each where it stands now; the self-probe is none.
SELECT id, address, maker, area, interval_s, NULL::timestamptz, NULL::timestamptz, enrolled_at, retired_at FROM device
WHERE address NOT LIKE '%%/indicator/self-probe' AND (%(pending)s OR admission <> 'pending')
    AND (%(devices)s::text[] IS NULL OR address = ANY (%(devices)s))
    AND (%(family)s::text IS NULL OR split_part(address, '/', 2) = %(family)s)
    AND (%(maker)s::text IS NULL OR maker = %(maker)s)
    AND (%(areas)s::text[] IS NULL OR area = ANY (%(areas)s))
ORDER BY address

-- name: stays_then
-- The devices asked for, once for each area they stood in, and once for each time they stood in none.
WITH wanted AS (
    SELECT id, address, maker, interval_s, enrolled_at, retired_at FROM device
    WHERE address NOT LIKE '%%/indicator/self-probe' AND (%(pending)s OR admission <> 'pending')
        AND (%(devices)s::text[] IS NULL OR address = ANY (%(devices)s))
        AND (%(family)s::text IS NULL OR split_part(address, '/', 2) = %(family)s)
        AND (%(maker)s::text IS NULL OR maker = %(maker)s)
        AND (%(areas)s::text[] IS NULL
             OR id = ANY (ARRAY(SELECT device_id FROM device_area WHERE area = ANY (%(areas)s))))),
stood AS (
    -- Readings may be older than the enrolment: the first area told holds for them too.
    SELECT id, area, valid_to AS until, CASE WHEN valid_from > enrolled_at
        OR lag(valid_from) OVER (PARTITION BY id ORDER BY valid_from) IS NOT NULL THEN valid_from END AS since
    FROM wanted JOIN device_area ON device_id = id),
nowhere AS (
    SELECT id, NULL::text AS area, unnest(tstzmultirange(tstzrange(NULL, NULL))
        - coalesce(range_agg(tstzrange(since, until)) FILTER (WHERE area IS NOT NULL), '{}')) AS period
    FROM wanted LEFT JOIN stood USING (id) GROUP BY id)
SELECT id, address, maker, area, interval_s, since, until, enrolled_at, retired_at
FROM wanted JOIN (SELECT id, area, since, until FROM stood
                  UNION ALL SELECT id, area, lower(period), upper(period) FROM nowhere) AS stay USING (id)
WHERE %(areas)s::text[] IS NULL OR area = ANY (%(areas)s)
ORDER BY address, since NULLS FIRST

-- name: reach
-- Since when each resolution of a family is kept, the zone of its days, and until when hours and days are computed.
SELECT zone, nullif(readings_since, '-infinity'), nullif(minutes_since, '-infinity'), nullif(hours_since, '-infinity'),
    nullif(days_since, '-infinity'), hours_until, days_until
FROM resolution WHERE family = %(family)s

-- name: which
-- The rows of some devices in a span.
FROM {table} AS r WHERE r.device_id = ANY (%(ids)s::integer[]) AND r.{time} >= %(begin)s AND r.{time} < %(end)s

-- name: which_while
-- The rows of some devices in a span, of each only while it stood where it is asked about.
FROM {table} AS r JOIN unnest(%(ids)s::integer[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[])
        AS stay (device_id, since, until)
    ON stay.device_id = r.device_id AND r.{time} >= stay.since AND r.{time} < stay.until
WHERE r.device_id = ANY (%(ids)s::integer[]) AND r.{time} >= %(begin)s AND r.{time} < %(end)s

-- name: number_raw
-- A number as read.
SELECT r.device_id, r.ts AS at, 1::bigint AS n, {metric} AS low, {metric} AS total, {metric} AS high
{which} AND {metric} IS NOT NULL AND NOT suspect

-- name: switch_raw
-- On and off as read, as 1 and 0.
SELECT r.device_id, r.ts AS at, 1::bigint AS n, {metric}::integer::float8 AS low, {metric}::integer::float8 AS total,
    {metric}::integer::float8 AS high
{which} AND {metric} IS NOT NULL AND NOT suspect

-- name: other_raw
-- A metric that has no column, as read; text and unknown are left out.
SELECT device_id, at, 1::bigint AS n, value AS low, value AS total, value AS high FROM (
    SELECT r.device_id, r.ts AS at, CASE jsonb_typeof(more -> %(metric)s)
        WHEN 'number' THEN (more ->> %(metric)s)::float8
        WHEN 'boolean' THEN (more ->> %(metric)s)::boolean::integer::float8 END AS value
    {which} AND more ? %(metric)s AND NOT suspect) AS found
WHERE value IS NOT NULL

-- name: number_kept
-- A number by buckets.
SELECT r.device_id, r.bucket AS at, {n}::bigint AS n, {min} AS low, {sum} AS total, {max} AS high {which} AND {n} > 0

-- name: switch_kept
-- On and off by buckets, as 1 and 0.
SELECT r.device_id, r.bucket AS at, {n}::bigint AS n, ({on} >= {n})::integer::float8 AS low, {on}::float8 AS total,
    ({on} > 0)::integer::float8 AS high
{which} AND {n} > 0

-- name: counter_raw
-- A counter as read.
SELECT r.device_id, r.ts AS at, 1::bigint AS n, {metric} AS first, {metric} AS last, 0::float8 AS inc
{which} AND {metric} IS NOT NULL AND NOT suspect

-- name: counter_kept
-- A counter by buckets.
SELECT r.device_id, r.bucket AS at, {n}::bigint AS n, {first} AS first, {last} AS last, {inc} AS inc {which} AND {n} > 0

-- name: grown
-- By how much counters grew since the row before, over resets; and in how long, where there is no gap between.
SELECT device_id, at, n, seconds, increase, increase / seconds AS low, increase AS total, increase / seconds AS high
FROM (SELECT device_id, at, n,
          inc + CASE WHEN before IS NULL THEN 0 WHEN first >= before THEN first - before ELSE first END AS increase,
          CASE WHEN at > before_at AND at - before_at <= %(near)s THEN extract(epoch FROM at - before_at)::float8 END
              AS seconds
      FROM (SELECT *, lag(last) OVER course AS before, lag(at) OVER course AS before_at FROM ({source}) AS source
            WINDOW course AS (PARTITION BY device_id ORDER BY at)) AS course) AS grown
WHERE at >= %(since)s

-- name: bin
-- The bucket of a time: of a round length from a round beginning.
date_bin(%(step)s, at, %(origin)s)

-- name: day_bin
-- The bucket of a time in whole days of a zone, whatever its clocks do.
date_bin(%(step)s, at AT TIME ZONE %(zone)s, %(monday)s::timestamp) AT TIME ZONE %(zone)s

-- name: gauge_each
-- A course for each device.
SELECT device_id, {bin} AS bin, min(low), sum(total) / sum(n), max(high), sum(n)::bigint, NULL::float8
FROM ({source}) AS source GROUP BY 1, 2 ORDER BY 1, 2

-- name: gauge_together
-- One course for all devices together.
SELECT 0, {bin} AS bin, min(low), sum(total) / sum(n), max(high), sum(n)::bigint, NULL::float8
FROM ({source}) AS source GROUP BY 1, 2 ORDER BY 1, 2

-- name: counter_each
-- A course of rates for each device, with what it grew by.
SELECT device_id, {bin} AS bin, min(low), sum(total) FILTER (WHERE seconds IS NOT NULL) / sum(seconds), max(high),
    sum(n)::bigint, sum(increase)
FROM ({source}) AS source GROUP BY 1, 2 ORDER BY 1, 2

-- name: counter_together
-- One course for all devices together: the sum of their rates, and of what they grew by.
SELECT 0, bin, min(low), sum(rate), max(high), sum(n)::bigint, sum(increase)
FROM (SELECT {bin} AS bin, min(low) AS low, sum(total) FILTER (WHERE seconds IS NOT NULL) / sum(seconds) AS rate,
          max(high) AS high, sum(n) AS n, sum(increase) AS increase
      FROM ({source}) AS source GROUP BY device_id, 1) AS each
GROUP BY 2 ORDER BY 2

-- name: known_until
-- Until when the ingest says that it ran; none where none ever did.
SELECT kept_at FROM ingest_run ORDER BY started_at DESC LIMIT 1

-- name: availability
-- How long devices were in service and out of it by groups of stays, and how often they went out; maintenance left out.
WITH stay AS (
    SELECT * FROM unnest(%(ids)s::integer[], %(groups)s::integer[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[])
        AS stay (device_id, grp, since, until)),
apart AS MATERIALIZED (
    SELECT * FROM unnest(%(apart_ids)s::integer[], %(apart_sinces)s::timestamptz[], %(apart_untils)s::timestamptz[])
        AS apart (device_id, since, until)),
said AS (
    SELECT device_id, state, ts,
        least(lead(ts, 1, 'infinity') OVER (PARTITION BY device_id ORDER BY ts), ts + %(holds)s, %(known)s) AS until
    FROM presence WHERE device_id = ANY (%(ids)s::integer[]) AND ts >= %(since)s::timestamptz - %(holds)s
        AND ts < %(until)s),
known AS (
    SELECT *, lag(state) OVER (PARTITION BY device_id ORDER BY ts) AS before FROM said WHERE state <> 'unknown'),
held AS (
    SELECT stay.grp, stay.device_id, state, greatest(ts, stay.since) AS since, least(known.until, stay.until) AS until,
        state = 'out' AND before = 'in' AND ts >= stay.since AS fell
    FROM known JOIN stay USING (device_id)
    WHERE ts < stay.until AND known.until > stay.since),
counted AS (
    SELECT grp, state, fell, extract(epoch FROM until - since)::float8 - coalesce((
        SELECT sum(extract(epoch FROM least(apart.until, held.until) - greatest(apart.since, held.since)))::float8
        FROM apart WHERE apart.device_id = held.device_id AND apart.since < held.until AND apart.until > held.since), 0)
        AS seconds
    FROM held WHERE until > since)
SELECT grp, coalesce(sum(seconds) FILTER (WHERE state = 'in'), 0), coalesce(sum(seconds) FILTER (WHERE state = 'out'), 0),
    count(*) FILTER (WHERE fell AND seconds > 0)
FROM counted GROUP BY grp

-- name: sent_most
-- The devices of a family that sent most readings in a span of buckets.
SELECT r.device_id, sum(r.n)::bigint AS many {which} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: changed_most
-- The devices that came into service or went out of it most often; our own blindness is no change of theirs.
SELECT device_id, count(*)::bigint FROM (
    SELECT device_id, ts, state, lag(state) OVER (PARTITION BY device_id ORDER BY ts) AS before
    FROM presence WHERE device_id = ANY (%(ids)s::integer[]) AND state <> 'unknown'
        AND ts >= %(begin)s::timestamptz - %(holds)s AND ts < %(end)s) AS said
WHERE before <> state AND ts >= %(begin)s
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(limit)s

-- name: latest
-- Devices written since a snapshot, or all, with the oldest transaction that this one may not see.
SELECT id, (SELECT pg_snapshot_xmin(pg_current_snapshot())::text), address, name, admission, standing, standing_reason,
    round(extract(epoch FROM standing_since) * 1000)::bigint, round(extract(epoch FROM heard_at) * 1000)::bigint,
    lat, lon, area, latest::text
FROM device
WHERE %(snapshot)s::text IS NULL OR age(xmin) <= age(%(snapshot)s::text::xid)

-- name: rows_of
-- The rows of one device in a span, oldest first.
SELECT {columns} FROM {table} WHERE device_id = %(id)s AND {time} >= %(begin)s AND {time} < %(end)s {sure} ORDER BY {time}

-- name: csv
-- Rows as lines of CSV.
COPY ({rows}) TO STDOUT (FORMAT csv)

-- name: lead
-- Asks to be the one whose jobs run here; held until the connection ends.
SELECT pg_try_advisory_lock(hashtext('district-ioc upkeep'))

-- name: note
-- Notes what came of a job.
INSERT INTO store_job (job, ran_at, every_s, took_ms, did, problem, since, good_at)
SELECT %(job)s, now, %(every)s, %(took)s, %(did)s, problem, CASE WHEN problem IS NOT NULL THEN now END,
       CASE WHEN problem IS NULL THEN now END
FROM (SELECT clock_timestamp() AS now, %(problem)s::text AS problem) AS came
ON CONFLICT (job) DO UPDATE SET
    ran_at = excluded.ran_at, every_s = excluded.every_s, took_ms = excluded.took_ms, did = excluded.did,
    problem = excluded.problem, good_at = coalesce(excluded.good_at, store_job.good_at),
    since = CASE WHEN excluded.problem IS NOT NULL THEN coalesce(store_job.since, excluded.since) END

-- name: in_trouble
-- Jobs that have not run well for long: what stands in their way, and since when.
SELECT job, problem, to_char(coalesce(since, ran_at) AT TIME ZONE site_zone(), 'YYYY-MM-DD HH24:MI') FROM store_job
WHERE coalesce(since, ran_at) < clock_timestamp() - greatest(%(late)s, 3 * every_s) * interval '1 second' ORDER BY job

-- name: report
-- When a job last ran well, in the site's time, and how many seconds ago the kept hours end.
SELECT to_char(max(good_at) AT TIME ZONE site_zone(), 'YYYY-MM-DD HH24:MI'),
    (SELECT extract(epoch FROM clock_timestamp() - min(hours_until)) FROM resolution)::float8
FROM store_job

-- name: devices_page
-- Devices in the order of addresses, after a given one; the self-probe is none.
SELECT d.address, d.admission, d.name, d.maker, d.model, d.fw, d.lat, d.lon, d.area, area.name AS area_name,
    d.gateway, d.interval_s, d.metrics, d.commands, d.enrolled_at, d.state, d.state_reason, d.heard_at, d.latest
FROM device d LEFT JOIN area ON area.slug = d.area
WHERE d.address > %(after)s AND d.address NOT LIKE '%%/indicator/self-probe'
    AND (%(family)s::text IS NULL OR split_part(d.address, '/', 2) = %(family)s)
    AND (%(like)s::text IS NULL OR d.address ILIKE %(like)s OR d.name ILIKE %(like)s)
    AND (%(areas)s::text[] IS NULL OR d.area = ANY (%(areas)s))
ORDER BY d.address LIMIT %(limit)s;

-- name: device
-- One device as it was last kept.
SELECT d.address, d.admission, d.name, d.maker, d.model, d.fw, d.lat, d.lon, d.area, area.name AS area_name,
    d.gateway, d.interval_s, d.metrics, d.commands, d.enrolled_at, d.state, d.state_reason, d.heard_at, d.latest
FROM device d LEFT JOIN area ON area.slug = d.area
WHERE d.address = %(address)s;

-- name: gateways
-- The devices through which others reach us.
SELECT address, state, state_reason, heard_at, interval_s FROM device
WHERE address IN (SELECT gateway FROM device WHERE gateway IS NOT NULL);

-- name: hearing
-- How well the newest ingest hears, and when it last said so.
SELECT started_at, kept_at, hearing FROM ingest_run ORDER BY started_at DESC LIMIT 1;

-- name: record
-- What an operator may change of a device, held until the change is made.
SELECT admission, name, area FROM device WHERE address = %(address)s FOR UPDATE;

-- name: change_device
-- Sets the record; running services follow `changed_at`.
UPDATE device SET admission = %(admission)s, name = %(name)s, area = %(area)s,
    held = ARRAY(SELECT DISTINCT unnest(held || %(held)s::text[])), changed_at = clock_timestamp()
WHERE address = %(address)s;

-- name: area_exists
-- Whether there is an area of that slug.
SELECT FROM area WHERE slug = %(area)s;

-- name: areas
-- The areas of a moment (or every one), parents before their parts, with the number of devices standing there then.
WITH RECURSIVE tree AS (
    SELECT slug, 0 AS depth FROM area WHERE parent IS NULL
    UNION ALL SELECT a.slug, depth + 1 FROM area a JOIN tree ON a.parent = tree.slug WHERE depth < 16),
standing AS (
    SELECT device_area.area, count(*) AS devices FROM device_area JOIN device ON device.id = device_id
    WHERE device_area.valid_from <= %(at)s AND (device_area.valid_to IS NULL OR device_area.valid_to > %(at)s)
        AND (device.retired_at IS NULL OR device.retired_at > %(at)s)
    GROUP BY device_area.area)
SELECT slug, area.name, area.parent, area.lat, area.lon, area.boundary, area.valid_from, area.valid_to, area.becomes,
    coalesce(standing.devices, 0) AS devices
FROM area JOIN tree USING (slug) LEFT JOIN standing ON standing.area = slug
WHERE %(every)s OR ((area.valid_from IS NULL OR area_day(area.valid_from) <= %(at)s)
    AND (area.valid_to IS NULL OR area_day(area.valid_to) > %(at)s))
ORDER BY depth, slug;

-- name: newest_run
-- The account of the newest ingest since it started.
SELECT started_at, received, stored, duplicate, ignored, quarantined, shed, in_flight, spooled, seq_gaps, hearing, kept_at
FROM ingest_run ORDER BY started_at DESC LIMIT 1;

-- name: ledger_hours
-- The account by hour, newest first.
SELECT hour, received, stored, duplicate, ignored, quarantined, shed, seq_gaps
FROM ledger_hour ORDER BY hour DESC LIMIT %(hours)s;

-- name: ledger_all
-- The account of everything ever settled.
SELECT coalesce(sum(received), 0)::bigint AS received, coalesce(sum(stored), 0)::bigint AS stored,
    coalesce(sum(duplicate), 0)::bigint AS duplicate, coalesce(sum(ignored), 0)::bigint AS ignored,
    coalesce(sum(quarantined), 0)::bigint AS quarantined, coalesce(sum(shed), 0)::bigint AS shed,
    coalesce(sum(seq_gaps), 0)::bigint AS seq_gaps
FROM ledger_hour;

-- name: ledger_reasons
-- Why messages could not be used: how often since a moment, and ever.
SELECT reason, coalesce(sum(quarantined) FILTER (WHERE hour >= %(since)s), 0)::bigint AS in_hours,
    sum(quarantined)::bigint AS all_time
FROM ledger_reason GROUP BY reason ORDER BY in_hours DESC, all_time DESC, reason;

-- name: reasons_ever
-- How many were ever quarantined for each reason.
SELECT reason, sum(quarantined)::bigint FROM ledger_reason GROUP BY reason ORDER BY reason;

-- name: ledger_devices
-- The devices with the most trouble since a moment: sums, the columns of their hours, and how many devices have any.
SELECT l.address, device.name, sum(duplicate)::bigint AS duplicate, sum(quarantined)::bigint AS quarantined,
    sum(shed)::bigint AS shed, sum(seq_gaps)::bigint AS seq_gaps, array_agg(hour ORDER BY hour) AS hours,
    array_agg(duplicate ORDER BY hour) AS duplicates, array_agg(quarantined ORDER BY hour) AS quarantines,
    array_agg(shed ORDER BY hour) AS sheds, array_agg(seq_gaps ORDER BY hour) AS gaps, count(*) OVER () AS devices
FROM ledger_device l LEFT JOIN device ON device.address = l.address
WHERE hour >= %(since)s
GROUP BY l.address, device.name
ORDER BY sum(quarantined) + sum(shed) + sum(duplicate) + greatest(sum(seq_gaps), 0) DESC, l.address LIMIT %(limit)s;

-- name: quarantine_page
-- Messages that could not be used, newest first, below a given one.
SELECT id, received_at, topic, reason, detail, bytes, head FROM quarantine
WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
    AND (%(reason)s::text IS NULL OR reason = %(reason)s)
    AND (%(like)s::text IS NULL OR topic LIKE %(like)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: quarantine_reasons
-- How many were quarantined for each reason.
SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY count(*) DESC, reason;

-- name: quarantine_topics
-- The topics with the most quarantined messages.
SELECT topic, count(*) FROM quarantine GROUP BY topic ORDER BY count(*) DESC, topic LIMIT 200;

-- name: device_counts
-- Devices by family and admission; the self-probe is none.
SELECT split_part(address, '/', 2), admission, count(*) FROM device
WHERE address NOT LIKE '%%/indicator/self-probe' GROUP BY 1, 2 ORDER BY 1, 2;

-- name: letters_waiting
-- Messages owed to people that no courier has sent yet.
SELECT (SELECT count(*) FROM outbox WHERE state IN ('queued', 'leased'))
    + (SELECT count(*) FROM message WHERE state IN ('queued', 'leased')) AS count;

-- name: messages_ever
-- What became of the messages to people that are kept.
SELECT state, count(*) FROM message GROUP BY state ORDER BY state;

-- name: unanswered
-- Alerts of which everybody on their route was told and nobody has answered.
SELECT count(DISTINCT alert_id) FROM escalation WHERE state = 'exhausted';

-- name: database_size
-- Bytes of the database on disk.
SELECT pg_database_size(current_database());

-- name: open_devices
-- Of every device what may be public of it; which are public is decided by the site file.
SELECT address, admission, name, area, lat, lon FROM device ORDER BY address;

-- name: store_jobs
-- The store's jobs: when each last ran well (epoch seconds), how long the last run took, what stood in its way.
SELECT job, extract(epoch FROM good_at)::float8 AS good_at, took_ms, problem FROM store_job ORDER BY job;

-- name: store_behind
-- By family: how many seconds ago the kept hours end, and how many hours wait to be computed again.
SELECT family, extract(epoch FROM clock_timestamp() - hours_until)::float8 AS behind_s,
    (SELECT count(DISTINCT hour) FROM touched WHERE touched.family = resolution.family) AS waiting
FROM resolution ORDER BY family;

-- name: areas_below
-- An area and all areas below it.
WITH RECURSIVE below AS (
    SELECT %(area)s::text AS slug
    UNION SELECT area.slug FROM area JOIN below ON area.parent = below.slug)
SELECT slug FROM below;

-- name: public_alerts
-- The newest alerts of some rules that were announced.
SELECT id FROM alert WHERE rule = ANY(%(rules)s) AND announced IS NOT NULL ORDER BY id DESC LIMIT %(limit)s;

-- name: place_of_area
-- An area's name and boundary.
SELECT name, boundary FROM area WHERE slug = %(area)s;

-- name: alarms_told
-- What people were told of alerts since a moment, for the ISA-18.2 figures.
SELECT step.at, step.alert_id, alert.rule, alert.device, step.severity, step.announce
FROM alert_timeline AS step JOIN alert ON alert.id = step.alert_id
WHERE step.announce IS NOT NULL AND step.at >= %(since)s
    AND (%(areas)s::text[] IS NULL OR alert.area = ANY(%(areas)s))
ORDER BY step.at, step.alert_id, step.version;

-- name: alarms_standing
-- The alerts that are firing now.
SELECT rule, device, firing_since, suppressions <> '[]' OR freed_at IS NOT NULL AS suppressed FROM alert
WHERE condition IN ('firing', 'recovering') AND firing_since IS NOT NULL
    AND (%(areas)s::text[] IS NULL OR area = ANY(%(areas)s));

-- name: names_of
-- What people call these devices and areas (`area:…`).
SELECT address AS subject, name FROM device WHERE address = ANY(%(subjects)s) AND name IS NOT NULL
UNION ALL SELECT 'area:' || slug, name FROM area WHERE 'area:' || slug = ANY(%(subjects)s);

-- name: list_messages
-- What was sent to people, newest first, after the cursor.
SELECT key, contact, way, channel, alert_ids, announce, areas, body->'title' AS title, body->'text' AS text, state,
    attempts, created_at, due_at, settled_at, error, receipt
FROM message
WHERE (%(contact)s::text IS NULL OR contact = %(contact)s)
    AND (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(alert)s::text IS NULL OR %(alert)s = ANY(alert_ids))
    AND (%(before_at)s::timestamptz IS NULL OR (created_at, key) < (%(before_at)s, %(before_key)s))
ORDER BY created_at DESC, key DESC LIMIT %(limit)s;

-- name: list_escalations
-- How far alerts have climbed that nobody has taken up, the longest first.
SELECT e.alert_id, e.route, e.started_at, e.severity, e.area, e.level, e.round, e.due_at, e.state, a.title,
  coalesce(d.name, a.device) AS device FROM escalation e
LEFT JOIN alert a ON a.id = e.alert_id LEFT JOIN device d ON d.address = a.device
WHERE e.state <> 'stopped' AND (%(alert)s::text IS NULL OR e.alert_id = %(alert)s)
ORDER BY e.started_at, e.alert_id, e.route LIMIT %(limit)s;

-- name: works_here
-- Whether an account of that name may sign in.
SELECT FROM account WHERE name = %(name)s AND enabled;

-- name: get_incident
-- One incident.
SELECT * FROM incident WHERE id = %(id)s;

-- name: hold_incidents
-- Incidents that are about to change, held until the transaction ends; always in the order of ids, so that two operators
-- never wait for each other. A note may be added to a held one.
SELECT * FROM incident WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE;

-- name: hold_members
-- The places of some alerts, and all of an incident, held likewise.
SELECT alert_id, incident_id, told FROM incident_alert
WHERE alert_id = ANY(%(alerts)s) OR incident_id = %(incident)s
ORDER BY alert_id FOR UPDATE;

-- name: count_members
-- How many alerts an incident gathers.
SELECT count(*) AS alerts FROM incident_alert WHERE incident_id = %(id)s;

-- name: find_alerts
-- Alerts that ever fired, of those named.
SELECT * FROM alert WHERE id = ANY(%(ids)s) AND firing_since IS NOT NULL;

-- name: list_incidents
-- Incidents, newest first, after the cursor, each with how its alerts stand. An alert is in the one it was put into, else in
-- that of the nearest alert which explains it.
WITH RECURSIVE cause AS (
    SELECT %(alert)s::text AS id, 0 AS depth
    UNION ALL SELECT alert.parent, depth + 1 FROM cause JOIN alert USING (id)
    WHERE alert.parent IS NOT NULL AND depth < 16)
SELECT incident.*, tally.*
FROM incident CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(gathered.alert_id ORDER BY gathered.added_at, gathered.alert_id), '{}') AS alerts,
        count(alert.id) AS open, count(alert.id) FILTER (WHERE NOT alert.acked) AS unacked,
        (ARRAY['warning', 'minor', 'major', 'critical'])
            [max(array_position(ARRAY['warning', 'minor', 'major', 'critical'], alert.severity))] AS worst
    FROM incident_alert AS gathered LEFT JOIN alert ON alert.id = gathered.alert_id AND alert.condition <> 'closed'
    WHERE gathered.incident_id = incident.id
) AS tally
WHERE (%(is_open)s::boolean IS NULL OR (incident.closed_at IS NULL) = %(is_open)s)
  AND (%(alert)s::text IS NULL
       OR incident.id = (SELECT incident_id FROM cause JOIN incident_alert ON alert_id = cause.id ORDER BY depth LIMIT 1))
  AND (%(cursor)s::text IS NULL OR incident.id < %(cursor)s)
ORDER BY incident.id DESC
LIMIT %(limit)s;

-- name: gathered
-- The alerts of an incident as they were put in, and how many alerts each of them explains, be it through another one.
WITH RECURSIVE explained AS (
    SELECT alert_id AS cause, alert_id AS id FROM incident_alert WHERE incident_id = %(id)s
    UNION SELECT cause, alert.id FROM explained JOIN alert ON alert.parent = explained.id WHERE firing_since IS NOT NULL),
children AS (
    SELECT cause, count(*) AS children, count(*) FILTER (WHERE condition <> 'closed') AS children_open
    FROM explained JOIN alert USING (id) WHERE id <> cause GROUP BY cause)
SELECT gathered.*, coalesce(children, 0) AS children, coalesce(children_open, 0) AS children_open
FROM incident_alert AS gathered LEFT JOIN children ON cause = alert_id
WHERE incident_id = %(id)s
ORDER BY added_at, alert_id;

-- name: get_notes
-- The newest of an incident's timeline, oldest first.
SELECT * FROM (
    SELECT * FROM incident_note WHERE incident_id = %(id)s ORDER BY id DESC LIMIT %(limit)s
) AS newest ORDER BY id;

-- name: save_incident
-- An incident as it now is.
INSERT INTO incident (id, title, opened_at, opened_by, lead, closed_at, closed_by, summary, merged_into)
VALUES (%(id)s, %(title)s, %(opened_at)s, %(opened_by)s, %(lead)s, %(closed_at)s, %(closed_by)s, %(summary)s,
    %(merged_into)s)
ON CONFLICT (id) DO UPDATE SET title = excluded.title, lead = excluded.lead, closed_at = excluded.closed_at,
    closed_by = excluded.closed_by, summary = excluded.summary, merged_into = excluded.merged_into;

-- name: put_alert
-- An alert that stood in no incident is put into one; who was quicker is told by the table's key.
INSERT INTO incident_alert (alert_id, incident_id, added_at, added_by, told)
VALUES (%(alert_id)s, %(incident_id)s, %(at)s, %(actor)s, %(told)s);

-- name: move_alert
-- An alert goes from one incident to another.
UPDATE incident_alert SET incident_id = %(incident_id)s, added_at = %(at)s, added_by = %(actor)s
WHERE alert_id = %(alert_id)s;

-- name: take_alert
-- An alert is in no incident any more.
DELETE FROM incident_alert WHERE alert_id = %(alert_id)s;

-- name: add_note
-- A line of a timeline.
INSERT INTO incident_note (incident_id, at, actor, deed, text, reason, alerts, other)
VALUES (%(incident_id)s, %(at)s, %(actor)s, %(deed)s, %(text)s, %(reason)s, %(alerts)s, %(other)s);

-- name: events_since
-- What devices of a family said has happened, by device, in the order in which it came in; a stamp is at most a day old.
SELECT address, round(extract(epoch FROM ts) * 1000)::bigint, event.id, type, phase,
       round(extract(epoch FROM received_at) * 1000)::bigint, severity
FROM device CROSS JOIN LATERAL (
    SELECT * FROM event
    WHERE device_id = device.id AND ts >= %(since)s::timestamptz - interval '25 hours' AND received_at >= %(since)s
      AND NOT suspect) AS event
WHERE admission = 'admitted' AND (%(family)s::text IS NULL OR split_part(address, '/', 2) = %(family)s)
ORDER BY device.id, received_at, seq, ts

-- name: presence_since
-- How devices of a family stood at a moment (a note holds for 26 hours at most) and what changed since, by device.
SELECT address, round(extract(epoch FROM ts) * 1000)::bigint, note.state, reason
FROM device CROSS JOIN LATERAL (
    (SELECT ts, state, reason FROM presence
     WHERE device_id = device.id AND ts < %(since)s AND ts > %(since)s::timestamptz - interval '26 hours'
     ORDER BY ts DESC LIMIT 1)
    UNION ALL
    SELECT ts, state, reason FROM presence WHERE device_id = device.id AND ts >= %(since)s) AS note
WHERE admission = 'admitted' AND (%(family)s::text IS NULL OR split_part(address, '/', 2) = %(family)s)
ORDER BY device.id, ts

-- name: readings_since
-- What devices of one family told of a metric, by device, in the order in which it came in; READINGS is the family's.
SELECT address, round(extract(epoch FROM received_at) * 1000)::bigint, round(extract(epoch FROM ts) * 1000)::bigint, m
FROM (READINGS) AS reading JOIN device ON device.id = device_id
WHERE received_at >= %(since)s AND ts >= %(since)s::timestamptz - interval '25 hours' AND NOT suspect
  AND admission = 'admitted' AND m ? %(metric)s
ORDER BY device_id, received_at, seq, ts

-- name: look_at_once
-- From this statement on a transaction sees the database as it was then.
SELECT FROM device LIMIT 1

-- name: stood_at
-- Every device as it was last noted before a moment; a note holds for 26 hours at most.
SELECT DISTINCT ON (device_id) address, round(extract(epoch FROM ts) * 1000)::bigint AS ts, presence.state, presence.reason
FROM presence JOIN device ON device.id = device_id
WHERE ts <= %(begin)s AND ts > %(begin)s::timestamptz - interval '26 hours'
ORDER BY device_id, ts DESC

-- name: stood_between
-- What was noted of devices in a span, oldest first.
SELECT address, round(extract(epoch FROM ts) * 1000)::bigint AS ts, presence.state, presence.reason
FROM presence JOIN device ON device.id = device_id
WHERE ts > %(begin)s AND ts <= %(end)s ORDER BY ts LIMIT %(most)s

-- name: devices_then
-- The devices there were at a moment, where they stood then.
SELECT address, name, lat, lon, coalesce(stay.area, device.area)
FROM device LEFT JOIN device_area AS stay ON stay.device_id = device.id
    AND stay.valid_from <= %(begin)s AND (stay.valid_to IS NULL OR stay.valid_to > %(begin)s)
WHERE enrolled_at <= %(end)s AND admission <> 'pending' AND (retired_at IS NULL OR retired_at > %(begin)s)
    AND address NOT LIKE '%%/indicator/self-probe'
ORDER BY device.id

-- name: alerts_then
-- The alerts that were open at some time of a span.
SELECT * FROM alert
WHERE firing_since IS NOT NULL AND since <= %(end)s AND (closed_at IS NULL OR closed_at > %(begin)s)
ORDER BY id LIMIT %(most)s

-- name: steps_then
-- What became of some alerts up to a moment, oldest first.
SELECT * FROM alert_timeline WHERE alert_id = ANY(%(ids)s) AND at <= %(end)s ORDER BY alert_id, version

-- name: first_note
-- When presence was first noted: nothing before it can be shown.
SELECT min(ts) FROM presence

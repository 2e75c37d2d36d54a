-- name: parents
-- Which area lies in which.
SELECT slug, parent FROM area;

-- name: known_devices
-- Every admitted device, as the replay of a past needs it.
SELECT id, address, area, gateway, maker, model, fw, interval_s FROM device WHERE admission = 'admitted' ORDER BY id;

-- name: readings_between
-- All readings of a time, in the order in which they came in; those of a suspect clock are left out.
SELECT device_id, ts, received_at, m FROM reading
WHERE ts >= %(start)s AND ts < %(end)s AND NOT suspect
ORDER BY received_at, device_id, seq;

-- name: past_of_metric
-- One metric of one family over weeks, without the hours in which an alert of the device was active.
SELECT d.address, (extract(epoch FROM r.ts) * 1000)::bigint AS at, (r.m ->> %(metric)s)::float8 AS value
FROM reading AS r JOIN device AS d ON d.id = r.device_id
WHERE r.ts >= %(start)s AND NOT r.suspect AND d.admission = 'admitted'
  AND split_part(d.address, '/', 2) = %(family)s AND jsonb_typeof(r.m -> %(metric)s) = 'number'
  AND NOT EXISTS (
      SELECT FROM alert AS a
      WHERE a.device = d.address AND a.firing_since <= r.ts AND coalesce(a.cleared_at, a.closed_at, r.ts) >= r.ts
  )
ORDER BY d.address;

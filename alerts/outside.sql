-- name: put_outside
-- The newest word of an alert of another system; the same word again is not news.
INSERT INTO outside (id, name, severity, summary, area, firing, starts_at, ends_at, received_at)
VALUES (%(id)s, %(name)s, %(severity)s, %(summary)s, %(area)s, %(firing)s, %(starts_at)s, %(ends_at)s, %(received_at)s)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, severity = excluded.severity, summary = excluded.summary, area = excluded.area,
    firing = excluded.firing, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
    received_at = excluded.received_at, taken_at = NULL
WHERE (outside.firing, outside.severity, outside.summary) IS DISTINCT FROM (excluded.firing, excluded.severity, excluded.summary)
   OR excluded.ends_at IS DISTINCT FROM outside.ends_at OR outside.taken_at IS NULL;

-- name: waiting_outside
-- What the engine has not taken up, and what has run out since it did.
SELECT id, name, severity, summary, area, firing, starts_at, ends_at, received_at FROM outside
WHERE taken_at IS NULL OR (ends_at <= %(now)s AND taken_at < ends_at)
ORDER BY received_at, id LIMIT %(limit)s;

-- name: took_outside
-- The engine has taken this word up, unless a newer one came meanwhile.
UPDATE outside SET taken_at = %(now)s WHERE id = %(id)s AND received_at = %(received_at)s;

-- name: forget_outside
-- What has been over for a week.
DELETE FROM outside WHERE NOT firing AND taken_at < %(before)s;

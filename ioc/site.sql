-- name: upsert_area
-- An area as the site file has it.
INSERT INTO area (slug, name, parent, lat, lon, valid_from, valid_to)
VALUES (%(slug)s, %(name)s, %(parent)s, %(lat)s, %(lon)s, %(valid_from)s, %(valid_to)s)
ON CONFLICT (slug) DO UPDATE SET name = excluded.name, parent = excluded.parent, lat = excluded.lat,
    lon = excluded.lon, valid_from = excluded.valid_from, valid_to = excluded.valid_to

-- name: list_device
-- A device the officer expects; one already known keeps what it said of itself, and is admitted if it was pending.
INSERT INTO device AS d (address, admission, name, area, lat, lon, gateway)
VALUES (%(address)s, 'admitted', %(name)s, %(area)s, %(lat)s, %(lon)s, %(gateway)s)
ON CONFLICT (address) DO UPDATE SET
    admission = CASE WHEN d.admission = 'pending' THEN 'admitted' ELSE d.admission END,
    area = coalesce(excluded.area, d.area), changed_at = clock_timestamp()

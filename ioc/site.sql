-- name: upsert_area
-- An area as the site file has it.
INSERT INTO area (slug, name, parent, lat, lon, valid_from, valid_to, boundary)
VALUES (%(slug)s, %(name)s, %(parent)s, %(lat)s, %(lon)s, %(valid_from)s, %(valid_to)s, %(boundary)s::jsonb)
ON CONFLICT (slug) DO UPDATE SET name = excluded.name, parent = excluded.parent, lat = excluded.lat,
    lon = excluded.lon, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    boundary = coalesce(excluded.boundary, area.boundary)

-- name: list_device
-- A device the officer expects; one already known keeps what it said of itself, and is admitted if it was pending.
INSERT INTO device AS d (address, admission, name, area, lat, lon, gateway, changed_at, held)
VALUES (%(address)s, 'admitted', %(name)s, %(area)s, %(lat)s, %(lon)s, %(gateway)s, clock_timestamp(),
        array_remove(ARRAY[CASE WHEN %(name)s::text IS NOT NULL THEN 'name' END,
                           CASE WHEN %(area)s::text IS NOT NULL THEN 'area' END], NULL))
ON CONFLICT (address) DO UPDATE SET
    admission = CASE WHEN d.admission = 'pending' THEN 'admitted' ELSE d.admission END,
    name = coalesce(excluded.name, d.name), area = coalesce(excluded.area, d.area),
    held = ARRAY(SELECT DISTINCT unnest(d.held || excluded.held)), changed_at = clock_timestamp()

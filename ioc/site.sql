-- name: upsert_area
-- An area as the site file has it.
INSERT INTO area (slug, name, parent, lat, lon, valid_from, valid_to, boundary)
VALUES (%(slug)s, %(name)s, %(parent)s, %(lat)s, %(lon)s, %(valid_from)s, %(valid_to)s, %(boundary)s::jsonb)
ON CONFLICT (slug) DO UPDATE SET name = excluded.name, parent = excluded.parent, lat = excluded.lat,
    lon = excluded.lon, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    boundary = CASE WHEN area.boundary_source IS NULL THEN coalesce(excluded.boundary, area.boundary) ELSE area.boundary END,
    becomes = CASE WHEN excluded.valid_to IS NOT NULL THEN area.becomes END

-- name: set_becomes
-- What an area becomes on the day it ends.
UPDATE area SET becomes = %(becomes)s WHERE slug = %(slug)s AND becomes IS DISTINCT FROM %(becomes)s

-- name: merge_areas
-- Devices of areas that have ended stand in what these became.
SELECT merge_areas()

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

-- name: area_names
-- The areas there are, by name.
SELECT slug, name FROM area ORDER BY slug

-- name: set_boundary
-- The boundary of an area as a file has it.
UPDATE area SET boundary = %(boundary)s::jsonb, boundary_source = %(source)s WHERE slug = %(slug)s

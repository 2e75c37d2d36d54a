-- Areas with their periods of validity and what they became; which device stood in which area, and when.
--
-- Kept by triggers, so that births, the site file and operators' moves all leave their trace, in their own transaction.

ALTER TABLE area ADD COLUMN becomes text REFERENCES area (slug),
    ADD CONSTRAINT area_period CHECK (valid_from < valid_to),
    ADD CONSTRAINT area_becomes CHECK (becomes IS NULL OR valid_to IS NOT NULL AND becomes <> slug);
COMMENT ON COLUMN area.valid_from IS 'Its first day; null: since ever.';
COMMENT ON COLUMN area.valid_to IS 'The first day on which it is no more; null: it still is.';
COMMENT ON COLUMN area.becomes IS 'The area that its devices stand in from valid_to on: communes merge.';

CREATE TABLE device_area (
    device_id integer NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    area text NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    PRIMARY KEY (device_id, valid_from),
    CHECK (valid_from < valid_to)
);
CREATE INDEX device_area_of ON device_area (area);
CREATE INDEX device_in_area ON device (area);
COMMENT ON TABLE device_area IS 'Which area each device stood in, and when; periods of one device never overlap.';
COMMENT ON COLUMN device_area.valid_from IS 'For the first area told of a device: when it was enrolled, for it stood there already.';
COMMENT ON COLUMN device_area.valid_to IS 'Null: it stands there now.';

CREATE FUNCTION area_day(day date) RETURNS timestamptz LANGUAGE sql STABLE RETURN
    day::timestamp AT TIME ZONE coalesce((SELECT min(zone) FROM resolution), 'Asia/Ho_Chi_Minh');
COMMENT ON FUNCTION area_day IS 'The moment a day begins where the areas are: in the zone whose days are kept.';

CREATE FUNCTION area_now(told text) RETURNS text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT told AS slug, 0 AS depth
        UNION ALL SELECT area.becomes, depth + 1 FROM chain JOIN area USING (slug)
        WHERE area.becomes IS NOT NULL AND area_day(area.valid_to) <= clock_timestamp() AND depth < 16)
    SELECT slug FROM chain ORDER BY depth DESC LIMIT 1 $$;
COMMENT ON FUNCTION area_now IS 'What an area is by now: itself, or what it became. Devices go on telling the name they were set up with.';

CREATE FUNCTION settle_in_area() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_called text := area_now(NEW.area);
BEGIN
    IF now_called <> NEW.area THEN
        NEW.area := now_called;
        NEW.changed_at := clock_timestamp(); -- the running ingest has it by its old name and must follow
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION settle_in_area IS 'A device told to stand in an area that has ended stands in what that became.';
CREATE TRIGGER device_settles BEFORE INSERT OR UPDATE OF area ON device
    FOR EACH ROW WHEN (NEW.area IS NOT NULL) EXECUTE FUNCTION settle_in_area();

CREATE FUNCTION note_area(device integer, new_area text, enrolled timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last device_area;
    moved timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO last FROM device_area WHERE device_id = device ORDER BY valid_from DESC LIMIT 1;
    IF last IS NULL THEN
        moved := least(enrolled, moved);
    ELSIF last.valid_to IS NULL THEN
        -- A merger moves on its day, whenever it is told; anything else, now.
        SELECT coalesce(max(area_day(valid_to)), moved) INTO moved FROM area
        WHERE slug = last.area AND becomes IS NOT NULL AND area_now(slug) = new_area
            AND area_day(valid_to) BETWEEN last.valid_from AND moved;
        IF moved <= last.valid_from THEN
            DELETE FROM device_area WHERE device_id = device AND valid_from = last.valid_from;
            moved := last.valid_from;
        ELSE
            UPDATE device_area SET valid_to = moved WHERE device_id = device AND valid_from = last.valid_from;
        END IF;
    END IF;
    IF new_area IS NOT NULL THEN
        INSERT INTO device_area (device_id, area, valid_from) VALUES (device, new_area, moved);
    END IF;
END $$;
COMMENT ON FUNCTION note_area IS 'Ends the period of the area a device stood in and begins that of the new one.';

CREATE FUNCTION follow_area() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_area(NEW.id, NEW.area, NEW.enrolled_at);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION follow_area IS 'Keeps device_area beside device.area, whoever changes it.';
CREATE TRIGGER device_enrolled_in AFTER INSERT ON device
    FOR EACH ROW WHEN (NEW.area IS NOT NULL) EXECUTE FUNCTION follow_area();
CREATE TRIGGER device_moved AFTER UPDATE ON device
    FOR EACH ROW WHEN (NEW.area IS DISTINCT FROM OLD.area) EXECUTE FUNCTION follow_area();

CREATE FUNCTION merge_areas() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    moved integer;
BEGIN
    UPDATE device SET area = area_now(area), changed_at = clock_timestamp() WHERE area <> area_now(area);
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END $$;
COMMENT ON FUNCTION merge_areas IS 'Moves the devices of areas that have ended into what these became; returns how many. Safe to repeat.';

INSERT INTO device_area (device_id, area, valid_from) SELECT id, area, enrolled_at FROM device WHERE area IS NOT NULL;

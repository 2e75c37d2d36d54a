-- Whether each device was in service, over time: a row where that changed, and one a day where it did not.

CREATE TABLE presence (
    ts timestamptz NOT NULL,
    device_id integer NOT NULL,
    state text NOT NULL,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (device_id, ts)
);
COMMENT ON TABLE presence IS 'When devices came into service, went out of it, or could not be known; each row holds until the device''s next, for 26 hours at most. Whatever holds is said again once a day.';
COMMENT ON COLUMN presence.ts IS 'When the ingest judged it so, by the centre''s clock.';
COMMENT ON COLUMN presence.state IS 'in: in service (degraded too); out: said to be offline, or silent; unknown: we or its gateway were blind.';
COMMENT ON COLUMN presence.reason IS 'The word of the judgement: lwt, silent, degraded, gateway_lost, blind, starting; down where our ingest did not run.';
SELECT make_series('presence', '7 days');

ALTER TABLE device ADD COLUMN standing text NOT NULL DEFAULT 'unknown',
    ADD COLUMN standing_reason text NOT NULL DEFAULT '',
    ADD COLUMN standing_since timestamptz,
    ADD COLUMN retired_at timestamptz;
COMMENT ON COLUMN device.standing IS 'The newest row of presence: in, out or unknown.';
COMMENT ON COLUMN device.standing_since IS 'The time of that row.';
COMMENT ON COLUMN device.retired_at IS 'When it was retired: from then on it counts for no availability.';

CREATE FUNCTION note_retirement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.retired_at := CASE WHEN NEW.admission = 'retired' THEN coalesce(NEW.retired_at, clock_timestamp()) END;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION note_retirement IS 'Keeps device.retired_at beside device.admission, whoever changes it.';
CREATE TRIGGER device_retirement BEFORE INSERT OR UPDATE OF admission ON device
    FOR EACH ROW EXECUTE FUNCTION note_retirement();
UPDATE device SET retired_at = greatest(changed_at, enrolled_at) WHERE admission = 'retired';

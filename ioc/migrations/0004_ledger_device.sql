-- The account in more detail: which devices repeat themselves, send what cannot be used, lose messages; and why not used.

CREATE TABLE ledger_device (
    hour timestamptz NOT NULL,
    address text NOT NULL,
    duplicate bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    shed bigint NOT NULL DEFAULT 0,
    seq_gaps bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (hour, address)
) WITH (fillfactor = 50);
COMMENT ON TABLE ledger_device IS 'What went wrong with a device''s messages, by hour, written with the account itself; a device all of whose messages were simply kept has no row.';
COMMENT ON COLUMN ledger_device.address IS 'site/family/name; where a message''s topic names no device, the topic.';
COMMENT ON COLUMN ledger_device.seq_gaps IS 'Numbers it used and we never heard; less than nothing where those missing an hour before came late.';

CREATE TABLE ledger_reason (
    hour timestamptz NOT NULL,
    reason text NOT NULL,
    quarantined bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (hour, reason)
) WITH (fillfactor = 50);
COMMENT ON TABLE ledger_reason IS 'Quarantined messages by hour and reason. Outlives the messages themselves, of which only the newest are kept.';

INSERT INTO ledger_reason (hour, reason, quarantined)
SELECT date_trunc('hour', received_at, 'UTC'), reason, count(*) FROM quarantine GROUP BY 1, 2;

-- In the database, so that whoever puts a message into quarantine has counted it, in the same transaction.
CREATE FUNCTION count_reasons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_reason AS l (hour, reason, quarantined)
    SELECT date_trunc('hour', received_at, 'UTC'), reason, count(*) FROM fresh GROUP BY 1, 2
    ON CONFLICT (hour, reason) DO UPDATE SET quarantined = l.quarantined + excluded.quarantined;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION count_reasons IS 'Enters newly quarantined messages into ledger_reason.';
CREATE TRIGGER count_reasons AFTER INSERT ON quarantine REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION count_reasons();

-- What suppresses an alert's announcement, who is to see to it, what explains it; silences and maintenance windows.

ALTER TABLE alert
    ADD COLUMN suppressions jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN freed_at timestamptz,
    ADD COLUMN tell_by timestamptz,
    ADD COLUMN assignee text,
    ADD COLUMN parent text,
    ADD COLUMN thread text,
    DROP CONSTRAINT alert_announced_check,
    ADD CONSTRAINT alert_announced_check CHECK (announced IN ('open', 'flapping', 'clear'));

CREATE INDEX alert_of_parent ON alert (parent) WHERE parent IS NOT NULL;

COMMENT ON TABLE alert IS 'One abnormal condition of one subject by one rule, from its first bad evaluation to its end. Pending ones that never fired are deleted.';
COMMENT ON COLUMN alert.device IS 'The subject: a device''s address, or of an outage area:que-trung, gateway:…, feeder:…, uplink:…, batch:…, centre:all.';
COMMENT ON COLUMN alert.key IS 'rule@subject; one alert of a key is open at most (index alert_one_open).';
COMMENT ON COLUMN alert.suppressions IS 'Why people are not told for now: a list of kind, source, since, until (epoch ms), author, reason.';
COMMENT ON COLUMN alert.freed_at IS 'When the last suppression ended, until it is sure what people are to be told.';
COMMENT ON COLUMN alert.tell_by IS 'When it is sure even if nobody has looked since.';
COMMENT ON COLUMN alert.parent IS 'The id of the alert that explains it.';
COMMENT ON COLUMN alert.thread IS 'The id of the alert whose messages it goes on with.';
COMMENT ON COLUMN alert.outcome IS 'How it ended: normal, unacknowledged, superseded, false_alarm, explained, rule_removed, retired.';

ALTER TABLE alert_timeline
    DROP CONSTRAINT alert_timeline_announce_check,
    ADD CONSTRAINT alert_timeline_announce_check
        CHECK (announce IN ('open', 'worse', 'flapping', 'reminder', 'clear', 'withdrawn'));

ALTER TABLE outbox
    DROP CONSTRAINT outbox_announce_check,
    ADD CONSTRAINT outbox_announce_check
        CHECK (announce IN ('open', 'worse', 'flapping', 'reminder', 'clear', 'withdrawn'));

ALTER TABLE alert_request
    DROP CONSTRAINT alert_request_action_check,
    ADD CONSTRAINT alert_request_action_check
        CHECK (action IN ('ack', 'unack', 'shelve', 'unshelve', 'assign', 'close', 'comment'));

COMMENT ON COLUMN alert_request.args IS 'until (epoch ms, of an ack or a shelving), reason (false_alarm, of a close), assignee, text (the operator''s own words).';

CREATE TABLE alert_silence (
    id         text PRIMARY KEY,
    scope      jsonb NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    author     text NOT NULL,
    reason     text NOT NULL,
    ended_at   timestamptz,
    ended_by   text,
    CHECK (starts_at < ends_at)
);

CREATE INDEX alert_silence_live ON alert_silence (ends_at) WHERE ended_at IS NULL;

COMMENT ON TABLE alert_silence IS 'Someone asks for quiet about some alerts until a time; nothing is deleted: who asked and who ended it stays.';
COMMENT ON COLUMN alert_silence.scope IS 'areas (with those below), families, devices, rules: what fits every list that is not empty.';
COMMENT ON COLUMN alert_silence.ended_at IS 'When it was ended before its time, and by whom.';

CREATE TABLE maintenance_window (
    id         text PRIMARY KEY,
    scope      jsonb NOT NULL,
    starts_at  timestamptz NOT NULL,
    length_ms  bigint NOT NULL CHECK (length_ms > 0),
    author     text NOT NULL,
    reason     text NOT NULL,
    days       integer[] NOT NULL DEFAULT '{}',
    zone       text NOT NULL,
    last_at    timestamptz,
    ended_at   timestamptz,
    ended_by   text
);

COMMENT ON TABLE maintenance_window IS 'Planned work: from when on, for how long, and on which days of the week again.';
COMMENT ON COLUMN maintenance_window.days IS 'Days of the week on which it comes again, 0 is Monday; empty: once.';
COMMENT ON COLUMN maintenance_window.zone IS 'The time zone of its clock.';
COMMENT ON COLUMN maintenance_window.last_at IS 'The last time it may begin; none: for ever.';

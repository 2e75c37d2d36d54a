-- Alerts: what is wrong, what became of it, what people asked, and whom we owe a message.
-- Runs on PostgreSQL and TimescaleDB alike; devices are named by address, so that history outlives them.

CREATE TABLE alert (
    id            text PRIMARY KEY,
    key           text NOT NULL,
    rule          text NOT NULL,
    device        text NOT NULL,
    area          text,
    metric        text,
    title         jsonb NOT NULL DEFAULT '{}',
    severity      text NOT NULL CHECK (severity IN ('warning', 'minor', 'major', 'critical')),
    peak_severity text NOT NULL CHECK (peak_severity IN ('warning', 'minor', 'major', 'critical')),
    condition     text NOT NULL CHECK (condition IN ('pending', 'firing', 'recovering', 'cleared', 'closed')),
    verdict       text NOT NULL CHECK (verdict IN ('bad', 'good', 'between', 'unknown')),
    value         jsonb,
    reason        text NOT NULL DEFAULT '',
    episode       integer NOT NULL DEFAULT 1,
    since         timestamptz NOT NULL,
    last_observed timestamptz NOT NULL,
    sampled_at    timestamptz,
    timer         timestamptz,
    firing_since  timestamptz,
    cleared_at    timestamptz,
    closed_at     timestamptz,
    outcome       text,
    acked         boolean NOT NULL DEFAULT false,
    acked_by      text,
    acked_at      timestamptz,
    ack_until     timestamptz,
    announced     text CHECK (announced IN ('open', 'clear')),
    version       integer NOT NULL,
    CHECK ((condition = 'closed') = (closed_at IS NOT NULL))
);

CREATE UNIQUE INDEX alert_one_open ON alert (key) WHERE condition <> 'closed';
CREATE INDEX alert_of_device ON alert (device, id DESC);
CREATE INDEX alert_of_area ON alert (area, id DESC);

COMMENT ON TABLE alert IS 'One abnormal condition of one device by one rule, from its first bad evaluation to its end. Pending ones that never fired are deleted.';
COMMENT ON COLUMN alert.id IS '26 letters, sortable by the time of birth.';
COMMENT ON COLUMN alert.key IS 'rule@site/family/device; one alert of a key is open at most (index alert_one_open).';
COMMENT ON COLUMN alert.title IS 'The rule''s title by language (vi, en), kept for when the rule is gone.';
COMMENT ON COLUMN alert.verdict IS 'What the newest evaluation said; unknown means that the condition merely keeps.';
COMMENT ON COLUMN alert.since IS 'The first bad evaluation of this episode: when the trouble truly began.';
COMMENT ON COLUMN alert.sampled_at IS 'The device''s own time of the newest sample judged; every other time is the centre''s.';
COMMENT ON COLUMN alert.timer IS 'When the running `for` or `keep` began, moved on by time that does not count.';
COMMENT ON COLUMN alert.outcome IS 'How it ended: normal, unacknowledged, superseded, false_alarm, rule_removed, retired.';
COMMENT ON COLUMN alert.announced IS 'What people were last told.';
COMMENT ON COLUMN alert.version IS 'Grows by one with every step; an older one never overwrites a newer one.';

CREATE TABLE alert_timeline (
    alert_id text NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    version  integer NOT NULL,
    at       timestamptz NOT NULL,
    cause    text NOT NULL,
    before   text,
    after    text NOT NULL,
    severity text NOT NULL,
    episode  integer NOT NULL,
    value    jsonb,
    reason   text NOT NULL,
    announce text CHECK (announce IN ('open', 'worse', 'reminder', 'clear', 'withdrawn')),
    actor    text,
    comment  text,
    PRIMARY KEY (alert_id, version)
);

COMMENT ON TABLE alert_timeline IS 'Every step of every alert: what it became, why, by whom, and what people were told.';
COMMENT ON COLUMN alert_timeline.cause IS 'The event of the state machine (docs/alerts.md), or comment.';
COMMENT ON COLUMN alert_timeline.before IS 'The condition before; none for a new alert.';

CREATE TABLE alert_request (
    id       text PRIMARY KEY,
    alert_id text NOT NULL,
    action   text NOT NULL CHECK (action IN ('ack', 'unack', 'close', 'comment')),
    actor    text NOT NULL,
    role     text NOT NULL,
    args     jsonb NOT NULL DEFAULT '{}',
    asked_at timestamptz NOT NULL,
    done_at  timestamptz,
    outcome  text,
    detail   text,
    CHECK ((done_at IS NULL) = (outcome IS NULL))
);

CREATE INDEX alert_request_waiting ON alert_request (asked_at, id) WHERE done_at IS NULL;
CREATE INDEX alert_request_of_alert ON alert_request (alert_id);

COMMENT ON TABLE alert_request IS 'What operators asked of alerts and what came of it: the way in for the web, and the audit trail.';
COMMENT ON COLUMN alert_request.args IS 'until (epoch ms, of an ack), reason (false_alarm, of a close), text (the operator''s own words).';
COMMENT ON COLUMN alert_request.outcome IS 'done, or the word of the refusal; detail says what to do instead.';

CREATE TABLE outbox (
    key          text PRIMARY KEY,
    alert_id     text NOT NULL,
    version      integer NOT NULL,
    episode      integer NOT NULL,
    announce     text NOT NULL CHECK (announce IN ('open', 'worse', 'reminder', 'clear', 'withdrawn')),
    channel      text NOT NULL,
    body         jsonb NOT NULL,
    state        text NOT NULL CHECK (state IN ('queued', 'leased', 'sent', 'failed', 'cancelled')),
    attempts     integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    settled_at   timestamptz,
    error        text
);

CREATE INDEX outbox_due ON outbox (channel, due_at, key) WHERE state IN ('queued', 'leased');
CREATE INDEX outbox_of_alert ON outbox (alert_id, channel, state, version);

COMMENT ON TABLE outbox IS 'Messages owed to people: one row per step of an alert and channel, written with the step itself.';
COMMENT ON COLUMN outbox.key IS 'The idempotency key: a message sent twice after a crash carries the same.';
COMMENT ON COLUMN outbox.due_at IS 'When to send it; while leased, when its courier is taken for dead and it is sent again.';

CREATE TABLE engine_state (
    name         text PRIMARY KEY,
    evaluated_at timestamptz NOT NULL
);

COMMENT ON TABLE engine_state IS 'When each engine last evaluated: after a restart, the time since counts for no timer.';

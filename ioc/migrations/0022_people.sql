-- Who is owed word of what, how far each alert has climbed, and every message to a person.

CREATE TABLE notice (
    key        text PRIMARY KEY,
    contact    text NOT NULL,
    alert_id   text NOT NULL,
    version    integer NOT NULL,
    episode    integer NOT NULL,
    announce   text NOT NULL,
    route      text NOT NULL,
    level      integer NOT NULL,
    severity   text NOT NULL CHECK (severity IN ('warning', 'minor', 'major', 'critical')),
    area       text,
    body       jsonb NOT NULL,
    state      text NOT NULL CHECK (state IN ('waiting', 'held', 'told', 'ended', 'dropped')),
    rests      boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    message    text,
    told_at    timestamptz
);

CREATE INDEX notice_due ON notice (due_at) WHERE state = 'waiting';
CREATE INDEX notice_standing ON notice (contact) WHERE state IN ('waiting', 'told');
CREATE INDEX notice_of_alert ON notice (alert_id);
CREATE INDEX notice_of_message ON notice (message) WHERE message IS NOT NULL;

COMMENT ON TABLE notice IS 'That one contact is owed word of one step of one alert; written with the step itself.';
COMMENT ON COLUMN notice.state IS 'held: its alert is suppressed; told: in a message, and the alert not over for this contact; ended: that too; dropped: not wanted any more.';
COMMENT ON COLUMN notice.rests IS 'Acknowledged or suppressed: no reminder is due.';
COMMENT ON COLUMN notice.message IS 'The key of the message that told it (of its first way).';

CREATE TABLE escalation (
    alert_id   text NOT NULL,
    route      text NOT NULL,
    started_at timestamptz NOT NULL,
    version    integer NOT NULL,
    episode    integer NOT NULL,
    severity   text NOT NULL CHECK (severity IN ('warning', 'minor', 'major', 'critical')),
    area       text,
    level      integer NOT NULL,
    round      integer NOT NULL,
    due_at     timestamptz,
    left_ms    bigint,
    state      text NOT NULL CHECK (state IN ('running', 'paused', 'stopped', 'exhausted')),
    acker      text,
    body       jsonb NOT NULL,
    PRIMARY KEY (alert_id, route)
);

CREATE INDEX escalation_due ON escalation (due_at) WHERE state = 'running';
CREATE INDEX escalation_exhausted ON escalation (alert_id) WHERE state = 'exhausted';

COMMENT ON TABLE escalation IS 'How far an alert that nobody has taken up has climbed on a route.';
COMMENT ON COLUMN escalation.left_ms IS 'What is left of the delay while the alert is suppressed.';
COMMENT ON COLUMN escalation.acker IS 'Who had acknowledged it: they are reminded when that runs out.';

CREATE TABLE message (
    key        text PRIMARY KEY,
    contact    text NOT NULL,
    way        integer NOT NULL,
    channel    text NOT NULL,
    alert_id   text NOT NULL,
    alert_ids  text[] NOT NULL,
    version    integer NOT NULL,
    episode    integer NOT NULL,
    announce   text NOT NULL,
    areas      text[] NOT NULL,
    body       jsonb NOT NULL,
    state      text NOT NULL CHECK (state IN ('queued', 'leased', 'sent', 'failed', 'cancelled')),
    attempts   integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    settled_at timestamptz,
    error      text,
    receipt    text
);

CREATE INDEX message_due ON message (channel, due_at, key) WHERE state IN ('queued', 'leased');
CREATE INDEX message_of_contact ON message (contact, created_at);

COMMENT ON TABLE message IS 'One row, one person, one message: the outbox of people; a message by a further way is a row of its own.';
COMMENT ON COLUMN message.key IS 'The idempotency key; .1, .2 for further ways after one has failed.';
COMMENT ON COLUMN message.receipt IS 'What the receiver said when it took it.';
COMMENT ON COLUMN message.due_at IS 'When to send it; while leased, when its courier is taken for dead and it is sent again.';

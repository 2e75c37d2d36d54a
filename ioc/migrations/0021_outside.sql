-- Alerts of other systems (Alertmanager's forms), between the web, which hears them, and the engine, which takes them up.

CREATE TABLE outside (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    severity    text NOT NULL CHECK (severity IN ('warning', 'minor', 'major', 'critical')),
    summary     text NOT NULL,
    area        text,
    firing      boolean NOT NULL,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    received_at timestamptz NOT NULL,
    taken_at    timestamptz
);

CREATE INDEX outside_waiting ON outside (received_at) WHERE taken_at IS NULL;
CREATE INDEX outside_running_out ON outside (ends_at) WHERE ends_at IS NOT NULL;

COMMENT ON TABLE outside IS 'The newest word of each alert of another system; the engine makes alerts of our own of them.';
COMMENT ON COLUMN outside.id IS 'A digest of its labels: the same alert is known again.';
COMMENT ON COLUMN outside.ends_at IS 'When its sender takes it for over unless it says it again; then it is unknown to us, not over.';
COMMENT ON COLUMN outside.taken_at IS 'When the engine has taken this word up; none while it waits.';

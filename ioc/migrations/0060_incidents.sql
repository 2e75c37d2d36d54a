-- Incidents: the affairs in which people gather alerts that belong together, and what they did about them.
--
-- Alerts are named without a reference and told as they were: an incident can still be read when they are gone.

CREATE TABLE incident (
    id          text PRIMARY KEY,
    title       text NOT NULL CHECK (title <> ''),
    opened_at   timestamptz NOT NULL,
    opened_by   text NOT NULL,
    lead        text,
    closed_at   timestamptz,
    closed_by   text,
    summary     text,
    merged_into text REFERENCES incident (id),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
    CHECK ((closed_at IS NULL) = (summary IS NULL)),
    CHECK (merged_into IS NULL OR (closed_at IS NOT NULL AND merged_into <> id))
);

CREATE INDEX incident_not_closed ON incident (id) WHERE closed_at IS NULL;

COMMENT ON TABLE incident IS 'An affair that people handle as one. Whether it is open, acknowledged or mitigated follows from its alerts; only closing is a person''s word.';
COMMENT ON COLUMN incident.id IS 'Sortable by the time it was opened.';
COMMENT ON COLUMN incident.lead IS 'The account that leads it; none: nobody does.';
COMMENT ON COLUMN incident.summary IS 'What it came to, in the words of who closed it; of a merged one empty.';
COMMENT ON COLUMN incident.merged_into IS 'The incident that took its alerts over, where it was closed by merging.';

CREATE TABLE incident_alert (
    alert_id    text PRIMARY KEY,
    incident_id text NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    added_at    timestamptz NOT NULL,
    added_by    text NOT NULL,
    told        jsonb NOT NULL
);

CREATE INDEX incident_alert_of ON incident_alert (incident_id);

COMMENT ON TABLE incident_alert IS 'Which alerts an incident gathers; an alert is in one at most. Alerts that an outage explains are counted beside it, not gathered.';
COMMENT ON COLUMN incident_alert.alert_id IS 'Without a reference: the alert may be gone.';
COMMENT ON COLUMN incident_alert.told IS 'The alert as it was when it was put in: rule, device, area, severity, title by language, since (epoch ms).';

CREATE TABLE incident_note (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id text NOT NULL REFERENCES incident (id) ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    deed        text NOT NULL CHECK (deed IN ('opened', 'added', 'removed', 'renamed', 'led', 'commented',
                                              'acknowledged', 'closed', 'reopened', 'merged')),
    text        text NOT NULL,
    reason      text NOT NULL,
    alerts      jsonb NOT NULL,
    other       text
);

CREATE INDEX incident_note_of ON incident_note (incident_id, id);

COMMENT ON TABLE incident_note IS 'The timeline of each incident: who did what; lines are added and never changed.';
COMMENT ON COLUMN incident_note.text IS 'The new title, the new lead, a comment or the summary, as the deed has it; else empty.';
COMMENT ON COLUMN incident_note.reason IS 'Why it was closed while alerts were open; empty: none was.';
COMMENT ON COLUMN incident_note.alerts IS 'The alerts it is about: a list of alert_id and what stands in incident_alert.told.';
COMMENT ON COLUMN incident_note.other IS 'The incident on the other side: the one they came from or went to.';

-- name: load_alerts
-- The alerts that are open: what the engine begins with.
SELECT * FROM alert WHERE condition <> 'closed' ORDER BY id;

-- name: load_time
-- When the engine last evaluated.
SELECT evaluated_at FROM engine_state WHERE name = 'engine';

-- name: keep_time
-- Remembers when the engine last evaluated; never moves back.
INSERT INTO engine_state (name, evaluated_at) VALUES ('engine', %(evaluated_at)s)
ON CONFLICT (name) DO UPDATE SET evaluated_at = excluded.evaluated_at
WHERE engine_state.evaluated_at < excluded.evaluated_at;

-- name: save_alert
-- An alert as it now is; an older version never overwrites a newer one.
INSERT INTO alert (
    id, key, rule, device, area, metric, title, severity, peak_severity, condition, verdict, value,
    reason, episode, since, last_observed, sampled_at, timer, firing_since, cleared_at, closed_at,
    outcome, acked, acked_by, acked_at, ack_until, announced, version, suppressions, freed_at, tell_by,
    assignee, parent, thread
) VALUES (
    %(id)s, %(key)s, %(rule)s, %(device)s, %(area)s, %(metric)s, %(title)s, %(severity)s,
    %(peak_severity)s, %(condition)s, %(verdict)s, %(value)s, %(reason)s, %(episode)s, %(since)s,
    %(last_observed)s, %(sampled_at)s, %(timer)s, %(firing_since)s, %(cleared_at)s, %(closed_at)s,
    %(outcome)s, %(acked)s, %(acked_by)s, %(acked_at)s, %(ack_until)s, %(announced)s, %(version)s,
    %(suppressions)s, %(freed_at)s, %(tell_by)s, %(assignee)s, %(parent)s, %(thread)s
)
ON CONFLICT (id) DO UPDATE SET
    area = excluded.area,
    severity = excluded.severity,
    peak_severity = excluded.peak_severity,
    condition = excluded.condition,
    verdict = excluded.verdict,
    value = excluded.value,
    reason = excluded.reason,
    episode = excluded.episode,
    since = excluded.since,
    last_observed = excluded.last_observed,
    sampled_at = excluded.sampled_at,
    timer = excluded.timer,
    firing_since = excluded.firing_since,
    cleared_at = excluded.cleared_at,
    closed_at = excluded.closed_at,
    outcome = excluded.outcome,
    acked = excluded.acked,
    acked_by = excluded.acked_by,
    acked_at = excluded.acked_at,
    ack_until = excluded.ack_until,
    announced = excluded.announced,
    suppressions = excluded.suppressions,
    freed_at = excluded.freed_at,
    tell_by = excluded.tell_by,
    assignee = excluded.assignee,
    parent = excluded.parent,
    thread = excluded.thread,
    version = excluded.version
WHERE alert.version < excluded.version;

-- name: save_step
-- One step in an alert's timeline; gives its version where it is new.
INSERT INTO alert_timeline (
    alert_id, version, at, cause, before, after, severity, episode, value, reason, announce, actor, comment
) VALUES (
    %(alert_id)s, %(version)s, %(at)s, %(cause)s, %(before)s, %(after)s, %(severity)s, %(episode)s, %(value)s,
    %(reason)s, %(announce)s, %(actor)s, %(comment)s
)
ON CONFLICT DO NOTHING
RETURNING version;

-- name: forget_alerts
-- Alerts that ended before anyone was told: nothing to keep, and there are many of them.
DELETE FROM alert WHERE id = ANY(%(ids)s) AND condition = 'closed' AND firing_since IS NULL;

-- name: list_alerts
-- Alerts that ever fired, newest first, after the cursor.
SELECT * FROM alert
WHERE firing_since IS NOT NULL
  AND (%(is_open)s::boolean IS NULL OR (condition <> 'closed') = %(is_open)s)
  AND (%(areas)s::text[] IS NULL OR area = ANY(%(areas)s))
  AND (%(severity)s::text IS NULL OR severity = %(severity)s)
  AND (%(device)s::text IS NULL OR device = %(device)s)
  AND (%(parent)s::text IS NULL OR parent = %(parent)s)
  AND (%(cursor)s::text IS NULL OR id < %(cursor)s)
ORDER BY id DESC
LIMIT %(limit)s;

-- name: get_alert
-- One alert.
SELECT * FROM alert WHERE id = %(id)s;

-- name: get_timeline
-- Every step of one alert, oldest first.
SELECT * FROM alert_timeline WHERE alert_id = %(id)s ORDER BY version;

-- name: add_request
-- What an operator asks of an alert; waits for the engine.
INSERT INTO alert_request (id, alert_id, action, actor, role, args, asked_at)
VALUES (%(id)s, %(alert_id)s, %(action)s, %(actor)s, %(role)s, %(args)s, %(asked_at)s)
ON CONFLICT (id) DO NOTHING;

-- name: waiting_requests
-- Requests the engine has not answered, oldest first.
SELECT * FROM alert_request WHERE done_at IS NULL ORDER BY asked_at, id LIMIT %(limit)s;

-- name: answer_request
-- What came of a request.
UPDATE alert_request SET done_at = %(done_at)s, outcome = %(outcome)s, detail = %(detail)s
WHERE id = %(request_id)s AND done_at IS NULL;

-- name: get_answer
-- What came of a request so far.
SELECT id AS request_id, done_at, outcome, detail FROM alert_request WHERE id = %(id)s;

-- name: letters_of
-- All letters of some alerts, held against couriers until the steps that concern them are kept.
SELECT * FROM outbox WHERE alert_id = ANY(%(ids)s) ORDER BY version, key FOR UPDATE;

-- name: write_letter
-- A new letter, or what a step made of an old one.
INSERT INTO outbox (
    key, alert_id, version, episode, announce, channel, body, state, attempts, created_at, due_at,
    settled_at, error
) VALUES (
    %(key)s, %(alert_id)s, %(version)s, %(episode)s, %(announce)s, %(channel)s, %(body)s, %(state)s,
    %(attempts)s, %(created_at)s, %(due_at)s, %(settled_at)s, %(error)s
)
ON CONFLICT (key) DO UPDATE SET state = excluded.state, settled_at = excluded.settled_at;

-- name: next_letter
-- The channel's next letter that is due (a leased one: its courier must be dead), the first of its alert.
SELECT * FROM outbox AS letter
WHERE channel = %(channel)s AND state IN ('queued', 'leased') AND due_at <= %(now)s
  AND version = (
      SELECT min(earlier.version) FROM outbox AS earlier
      WHERE earlier.alert_id = letter.alert_id AND earlier.channel = letter.channel
        AND earlier.state IN ('queued', 'leased')
  )
ORDER BY due_at, key
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: lease_letter
-- The letter given to a courier, or given up.
UPDATE outbox SET state = %(state)s, attempts = %(attempts)s, due_at = %(due_at)s,
    settled_at = %(settled_at)s, error = %(error)s
WHERE key = %(key)s;

-- name: settle_letter
-- How it went, unless another courier has the letter by now.
UPDATE outbox SET state = %(state)s, due_at = %(due_at)s, settled_at = %(settled_at)s, error = %(error)s,
    receipt = %(receipt)s
WHERE key = %(key)s AND state = 'leased' AND attempts = %(attempts)s;

-- name: live_silences
-- Silences not yet over: what the engine needs to know.
SELECT * FROM alert_silence WHERE ended_at IS NULL AND ends_at > %(now)s ORDER BY id;

-- name: live_windows
-- Maintenance windows that may still come.
SELECT * FROM maintenance_window
WHERE ended_at IS NULL
  AND (days <> '{}' OR starts_at + make_interval(secs => length_ms / 1000.0) > %(now)s)
  AND (last_at IS NULL OR last_at + make_interval(secs => length_ms / 1000.0) > %(now)s)
ORDER BY id;

-- name: list_silences
-- All silences, the newest first, after the cursor.
SELECT * FROM alert_silence WHERE (%(cursor)s::text IS NULL OR id < %(cursor)s) ORDER BY id DESC LIMIT %(limit)s;

-- name: list_windows
-- All maintenance windows, the newest first, after the cursor.
SELECT * FROM maintenance_window
WHERE (%(cursor)s::text IS NULL OR id < %(cursor)s) ORDER BY id DESC LIMIT %(limit)s;

-- name: add_silence
-- A new silence.
INSERT INTO alert_silence (id, scope, starts_at, ends_at, author, reason)
VALUES (%(id)s, %(scope)s, %(starts_at)s, %(ends_at)s, %(author)s, %(reason)s);

-- name: add_window
-- A new maintenance window.
INSERT INTO maintenance_window (id, scope, starts_at, length_ms, author, reason, days, zone, last_at)
VALUES (%(id)s, %(scope)s, %(starts_at)s, %(length_ms)s, %(author)s, %(reason)s, %(days)s, %(zone)s, %(last_at)s);

-- name: end_silence
-- A silence ended early; gives its id where there was one to end.
UPDATE alert_silence SET ended_at = %(now)s, ended_by = %(actor)s WHERE id = %(id)s AND ended_at IS NULL RETURNING id;

-- name: end_window
-- A maintenance window called off; gives its id where there was one to end.
UPDATE maintenance_window SET ended_at = %(now)s, ended_by = %(actor)s
WHERE id = %(id)s AND ended_at IS NULL RETURNING id;

-- name: notices_of_alerts
-- Every notice of some alerts that may still matter, held until the step that concerns them is kept.
SELECT * FROM notice WHERE alert_id = ANY(%(alerts)s) AND state IN ('waiting', 'held', 'told')
ORDER BY created_at, key FOR UPDATE;

-- name: escalations_of_alerts
-- How far some alerts have climbed.
SELECT * FROM escalation WHERE alert_id = ANY(%(alerts)s) ORDER BY alert_id, route FOR UPDATE;

-- name: add_notice
-- A new notice; one already known is left alone.
INSERT INTO notice (
    key, contact, alert_id, version, episode, announce, route, level, severity, area, body, state, rests, created_at,
    due_at, message, told_at
) VALUES (
    %(key)s, %(contact)s, %(alert_id)s, %(version)s, %(episode)s, %(announce)s, %(route)s, %(level)s, %(severity)s,
    %(area)s, %(body)s, %(state)s, %(rests)s, %(created_at)s, %(due_at)s, %(message)s, %(told_at)s
)
ON CONFLICT (key) DO NOTHING;

-- name: change_notice
-- What became of a notice.
UPDATE notice SET state = %(state)s, rests = %(rests)s, message = %(message)s, told_at = %(told_at)s
WHERE key = %(key)s;

-- name: write_escalation
-- Where an escalation now stands.
INSERT INTO escalation (
    alert_id, route, started_at, version, episode, severity, area, level, round, due_at, left_ms, state, acker, body
) VALUES (
    %(alert_id)s, %(route)s, %(started_at)s, %(version)s, %(episode)s, %(severity)s, %(area)s, %(level)s, %(round)s,
    %(due_at)s, %(left_ms)s, %(state)s, %(acker)s, %(body)s
)
ON CONFLICT (alert_id, route) DO UPDATE SET
    started_at = excluded.started_at, version = excluded.version, episode = excluded.episode,
    severity = excluded.severity, area = excluded.area, level = excluded.level, round = excluded.round,
    due_at = excluded.due_at, left_ms = excluded.left_ms, state = excluded.state, acker = excluded.acker,
    body = excluded.body;

-- name: due_escalations
-- Escalations whose next level is due; another process' are passed over.
SELECT * FROM escalation WHERE state = 'running' AND due_at <= %(now)s
ORDER BY due_at, alert_id LIMIT 200 FOR UPDATE SKIP LOCKED;

-- name: contacts_due
-- Contacts who are owed something now, or may be due a reminder.
SELECT DISTINCT contact FROM notice WHERE state = 'waiting' AND due_at <= %(now)s
UNION
SELECT DISTINCT contact FROM notice
WHERE state = 'told' AND NOT rests AND route = ANY(%(repeating)s) AND told_at <= %(reminded_before)s;

-- name: hold_contact
-- Lets one process at a time pack for a contact; false where another does.
SELECT pg_try_advisory_xact_lock(hashtext('mailroom'), hashtext(%(contact)s)) AS held;

-- name: notices_of_contact
-- What a contact is owed, and what they were told that is not over.
SELECT * FROM notice WHERE contact = %(contact)s AND state IN ('waiting', 'told') ORDER BY created_at, key FOR UPDATE;

-- name: lately_sent
-- The messages that a contact was lately written, each once whatever its ways.
SELECT created_at, areas FROM message WHERE contact = %(contact)s AND way = 0 AND created_at > %(since)s;

-- name: write_message
-- A new message.
INSERT INTO message (
    key, contact, way, channel, alert_id, alert_ids, version, episode, announce, areas, body, state, attempts,
    created_at, due_at, settled_at, error
) VALUES (
    %(key)s, %(contact)s, %(way)s, %(channel)s, %(alert_id)s, %(alert_ids)s, %(version)s, %(episode)s, %(announce)s,
    %(areas)s, %(body)s, %(state)s, %(attempts)s, %(created_at)s, %(due_at)s, %(settled_at)s, %(error)s
)
ON CONFLICT (key) DO NOTHING;

-- name: next_message
-- The channel's next message that is due, unless an earlier one about the same alerts is still on its way.
SELECT * FROM message
WHERE channel = %(channel)s AND state IN ('queued', 'leased') AND due_at <= %(now)s
    AND NOT EXISTS (
        SELECT FROM message AS earlier
        WHERE earlier.channel = message.channel AND earlier.contact = message.contact
            AND earlier.state IN ('queued', 'leased') AND earlier.created_at < message.created_at
            AND earlier.alert_ids && message.alert_ids
    )
ORDER BY due_at, key LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: lease_message
-- The message given to a courier, or given up.
UPDATE message SET state = %(state)s, attempts = %(attempts)s, due_at = %(due_at)s, settled_at = %(settled_at)s,
    error = %(error)s
WHERE key = %(key)s;

-- name: settle_message
-- How it went, unless another courier has it by now; gives the row where it was so.
UPDATE message SET state = %(state)s, due_at = %(due_at)s, settled_at = %(settled_at)s, error = %(error)s,
    receipt = %(receipt)s
WHERE key = %(key)s AND state = 'leased' AND attempts = %(attempts)s
RETURNING *;

-- name: drop_untold
-- Messages reached nobody by any way, or were cancelled: their alerts were not told after all.
UPDATE notice SET state = 'dropped' WHERE message = ANY(%(messages)s) AND state = 'told';

-- name: hurry_escalations
-- Nobody at this level could be reached: the next is due now.
UPDATE escalation SET
    state = CASE WHEN due_at IS NULL THEN 'exhausted' ELSE state END,
    due_at = least(due_at, %(now)s)
WHERE alert_id = ANY(%(alerts)s) AND state = 'running';

-- name: cancel_messages
-- Messages about an alert that never left, and about nothing else that anyone still waits for, do not go.
UPDATE message SET state = 'cancelled', settled_at = %(now)s
WHERE state = 'queued' AND attempts = 0 AND way = 0 AND %(alert)s = ANY(alert_ids)
    AND NOT EXISTS (
        SELECT FROM notice WHERE notice.message = message.key AND notice.alert_id <> %(alert)s
            AND notice.state = 'told' AND NOT notice.rests
    )
RETURNING key;

-- name: device_names
-- What people call some devices.
SELECT address, name FROM device WHERE address = ANY(%(addresses)s) AND name IS NOT NULL;

-- name: stranded
-- Gives up messages that wait for a channel that is no more.
UPDATE message SET state = 'failed', settled_at = %(now)s, error = 'the channel is no more'
WHERE state IN ('queued', 'leased') AND channel <> ALL(%(channels)s::text[]) RETURNING *;

-- name: channels_due
-- Channels that have something to carry now.
SELECT channel FROM message WHERE state IN ('queued', 'leased') AND due_at <= %(now)s
UNION
SELECT channel FROM outbox WHERE state IN ('queued', 'leased') AND due_at <= %(now)s;

-- name: oldest_due
-- When the oldest message or letter to some channels that nobody has carried was due.
SELECT min(due_at) AS due_at FROM (
    SELECT min(due_at) AS due_at FROM message WHERE state IN ('queued', 'leased') AND channel = ANY(%(channels)s)
    UNION ALL
    SELECT min(due_at) FROM outbox WHERE state IN ('queued', 'leased') AND channel = ANY(%(channels)s)
) AS waiting;

-- name: forget_people
-- What has been settled for long.
WITH gone AS (DELETE FROM message WHERE created_at < %(before)s AND state IN ('sent', 'failed', 'cancelled')),
    stopped AS (DELETE FROM escalation WHERE state IN ('stopped', 'exhausted') AND started_at < %(before)s)
DELETE FROM notice WHERE created_at < %(before)s AND state IN ('ended', 'dropped');

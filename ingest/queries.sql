-- name: take_lock
-- Asks to be the one ingest that writes; held until the connection ends.
SELECT pg_try_advisory_lock(hashtext('district-ioc ingest'))

-- name: make_partitions
-- Makes the partitions of the weeks around today; TimescaleDB needs none. Areas whose day has come are merged.
SELECT make_partitions(current_date - 14, current_date + 21), merge_areas()

-- name: enrol
-- Enrols devices never heard before; their ids.
INSERT INTO device (address, admission)
SELECT * FROM unnest(%(address)s::text[], %(admission)s::text[])
ON CONFLICT (address) DO NOTHING

-- name: ids
-- The ids of devices by address.
SELECT address, id FROM device WHERE address = ANY(%(address)s)

-- name: touch
-- Notes which hours that had ended readings came into; device 0 stands for all of the family.
INSERT INTO touched (family, hour, device_id)
SELECT family, 'epoch'::timestamptz + hour * interval '1 hour', nullif(device, 0)
FROM unnest(%(family)s::text[], %(hour)s::bigint[], %(device)s::int[]) AS row (family, hour, device)
WHERE 'epoch'::timestamptz + (hour + 1) * interval '1 hour' <= clock_timestamp()

-- name: insert_events
-- Keeps events, telling which were new.
INSERT INTO event (ts, device_id, id, type, phase, severity, data, seq, origin, received_at, stamped, suspect)
SELECT 'epoch'::timestamptz + ts * interval '1 ms', device_id, id, type, phase, severity, data::jsonb, seq, origin,
       'epoch'::timestamptz + received_at * interval '1 ms', stamped, suspect
FROM unnest(%(ts)s::bigint[], %(device_id)s::int[], %(id)s::text[], %(type)s::text[], %(phase)s::text[],
            %(severity)s::text[], %(data)s::text[], %(seq)s::bigint[], %(origin)s::text[], %(received_at)s::bigint[],
            %(stamped)s::bool[], %(suspect)s::bool[])
     AS row (ts, device_id, id, type, phase, severity, data, seq, origin, received_at, stamped, suspect)
ON CONFLICT DO NOTHING
RETURNING device_id, round(extract(epoch FROM ts) * 1000)::bigint, id, phase, seq, origin

-- name: insert_status
-- Keeps one status as said.
INSERT INTO status (ts, device_id, state, reason, session, received_at)
VALUES ('epoch'::timestamptz + %(ts)s * interval '1 ms', %(device_id)s, %(state)s, %(reason)s, %(session)s,
        'epoch'::timestamptz + %(received_at)s * interval '1 ms')
ON CONFLICT DO NOTHING

-- name: set_state
-- The device's connection state as last said.
UPDATE device SET state = %(state)s, state_reason = %(reason)s, session = coalesce(nullif(%(session)s, ''), session)
WHERE id = %(device_id)s

-- name: bear
-- Writes what a birth tells into the device's record; what it leaves out keeps.
UPDATE device SET
    name = CASE WHEN 'name' = ANY (held) THEN name ELSE coalesce(%(name)s, name) END, maker = coalesce(%(maker)s, maker), model = coalesce(%(model)s, model),
    fw = coalesce(%(fw)s, fw), lat = coalesce(%(lat)s, lat), lon = coalesce(%(lon)s, lon),
    area = CASE WHEN 'area' = ANY (held) THEN area ELSE coalesce(%(area)s, area) END, gateway = coalesce(%(gateway)s, gateway),
    interval_s = coalesce(%(interval_s)s, interval_s), metrics = %(metrics)s::jsonb, commands = %(commands)s,
    session = coalesce(%(session)s, session)
WHERE id = %(device_id)s

-- name: insert_ack
-- Keeps one step of an order as told.
INSERT INTO order_ack (ref, device_id, state, ts, received_at, detail)
VALUES (%(ref)s, %(device_id)s, %(state)s, 'epoch'::timestamptz + %(ts)s * interval '1 ms',
        'epoch'::timestamptz + %(received_at)s * interval '1 ms', %(detail)s)
ON CONFLICT DO NOTHING

-- name: insert_quarantine
-- Keeps what could not be used, with its reason.
INSERT INTO quarantine (received_at, topic, reason, detail, bytes, head)
SELECT 'epoch'::timestamptz + received_at * interval '1 ms', topic, reason, detail, bytes, head
FROM unnest(%(received_at)s::bigint[], %(topic)s::text[], %(reason)s::text[], %(detail)s::text[], %(bytes)s::int[],
            %(head)s::text[]) AS row (received_at, topic, reason, detail, bytes, head)

-- name: trim_quarantine
-- Lets go of the oldest beyond the newest hundred thousand; their counts stay in the ledger.
DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - 100000

-- name: add_to_hour
-- Enters settled messages into the account of the hour.
INSERT INTO ledger_hour AS l (hour, received, stored, duplicate, ignored, quarantined, shed, seq_gaps)
VALUES (date_trunc('hour', 'epoch'::timestamptz + %(at)s * interval '1 ms', 'UTC'), %(received)s, %(stored)s,
        %(duplicate)s, %(ignored)s, %(quarantined)s, %(shed)s, %(seq_gaps)s)
ON CONFLICT (hour) DO UPDATE SET
    received = l.received + excluded.received, stored = l.stored + excluded.stored,
    duplicate = l.duplicate + excluded.duplicate, ignored = l.ignored + excluded.ignored,
    quarantined = l.quarantined + excluded.quarantined, shed = l.shed + excluded.shed,
    seq_gaps = l.seq_gaps + excluded.seq_gaps

-- name: keep_run
-- The running account of this process.
INSERT INTO ingest_run (started_at, kept_at, received, stored, duplicate, ignored, quarantined, shed, in_flight,
                        spooled, seq_gaps, hearing)
VALUES ('epoch'::timestamptz + %(started_at)s * interval '1 ms', clock_timestamp(), %(received)s, %(stored)s,
        %(duplicate)s, %(ignored)s, %(quarantined)s, %(shed)s, %(in_flight)s, %(spooled)s, %(seq_gaps)s, %(hearing)s)
ON CONFLICT (started_at) DO UPDATE SET
    kept_at = excluded.kept_at, received = excluded.received, stored = excluded.stored,
    duplicate = excluded.duplicate, ignored = excluded.ignored, quarantined = excluded.quarantined,
    shed = excluded.shed, in_flight = excluded.in_flight, spooled = excluded.spooled, seq_gaps = excluded.seq_gaps,
    hearing = excluded.hearing

-- name: keep_states
-- Checkpoints the changing part of devices; an empty text or the year 1970 stands for nothing.
UPDATE device SET
    state = nullif(row.state, ''), state_reason = nullif(row.reason, ''), session = nullif(row.session, ''),
    heard_at = nullif(row.heard, 'epoch'), latest = row.latest, kept_at = clock_timestamp()
FROM unnest(%(address)s::text[], %(state)s::text[], %(reason)s::text[], %(session)s::text[], %(heard)s::timestamptz[],
            %(latest)s::jsonb[]) AS row (address, state, reason, session, heard, latest)
WHERE device.address = row.address

-- name: devices
-- Every device with its checkpoint.
SELECT address, admission, name, maker, model, fw, lat, lon, area, gateway, interval_s, metrics, commands, held,
       state, state_reason, session, round(extract(epoch FROM heard_at) * 1000)::bigint, latest
FROM device

-- name: devices_changed
-- Devices whose record changed after a moment.
SELECT address, admission, name, maker, model, fw, lat, lon, area, gateway, interval_s, metrics, commands, held
FROM device WHERE changed_at > 'epoch'::timestamptz + %(since)s * interval '1 ms'

-- name: last_numbers
-- The sequence numbers kept in the last minutes before the end, by device and session, newest session last.
SELECT address, origin, range_agg(int8range(seq, seq, '[]'))
FROM (SELECT device_id, origin, seq, received_at FROM reading WHERE seq >= 0 AND received_at > %(after)s
      UNION ALL
      SELECT device_id, origin, seq, received_at FROM event WHERE seq >= 0 AND received_at > %(after)s) AS heard
JOIN device ON device.id = device_id
GROUP BY address, origin ORDER BY max(received_at)

-- name: last_stamps
-- The stamps of equipment that does not count, kept in the last minutes before the end.
SELECT address, array_agg(round(extract(epoch FROM ts) * 1000)::bigint), array_agg(origin)
FROM reading JOIN device ON device.id = device_id
WHERE seq < 0 AND stamped AND received_at > %(after)s
GROUP BY address

-- name: end_of_last_run
-- When the ingest last kept anything.
SELECT max(kept_at) FROM ingest_run

-- name: last_checkpoint
-- When device states were last kept.
SELECT max(kept_at) FROM device

-- name: readings_since
-- Readings kept since about the last checkpoint, oldest first; of very many the newest.
SELECT address, ts, m, received_at FROM (
    SELECT address, round(extract(epoch FROM ts) * 1000)::bigint AS ts, m,
           round(extract(epoch FROM received_at) * 1000)::bigint AS received_at
    FROM reading JOIN device ON device.id = device_id
    WHERE received_at > %(after)s AND NOT suspect
    ORDER BY reading.received_at DESC LIMIT 200000) AS newest
ORDER BY received_at

-- name: set_mark
-- The last record of a spool that is kept, noted with the batch itself.
INSERT INTO spool_mark (spool, record) VALUES (%(spool)s, %(record)s)
ON CONFLICT (spool) DO UPDATE SET record = excluded.record

-- name: marked
-- The last record of a spool that was kept.
SELECT record FROM spool_mark WHERE spool = %(spool)s

-- name: add_to_devices
-- Enters what went wrong with devices' messages into their account of the hour.
INSERT INTO ledger_device AS l (hour, address, duplicate, quarantined, shed, seq_gaps)
SELECT date_trunc('hour', 'epoch'::timestamptz + %(at)s * interval '1 ms', 'UTC'), row.*
FROM unnest(%(address)s::text[], %(duplicate)s::bigint[], %(quarantined)s::bigint[], %(shed)s::bigint[],
            %(seq_gaps)s::bigint[]) AS row
ON CONFLICT (hour, address) DO UPDATE SET
    duplicate = l.duplicate + excluded.duplicate, quarantined = l.quarantined + excluded.quarantined,
    shed = l.shed + excluded.shed, seq_gaps = l.seq_gaps + excluded.seq_gaps

-- name: keep_deliveries
-- Remembers deliveries of messages that carry no identity, by the packet id they came under.
INSERT INTO delivery (packet, digest)
SELECT DISTINCT ON (packet) packet, digest
FROM unnest(%(packet)s::int[], %(digest)s::bigint[]) WITH ORDINALITY AS row (packet, digest, place)
ORDER BY packet, place DESC
ON CONFLICT (packet) DO UPDATE SET digest = excluded.digest

-- name: deliveries
-- The deliveries remembered.
SELECT packet, digest FROM delivery

-- name: note_presence
-- Notes how devices stood since when, and beside the device its newest; the addresses of those that are kept.
WITH said AS (
    SELECT DISTINCT ON (device.id, row.ts) device.id AS device_id, row.ts, row.state, row.reason
    FROM unnest(%(address)s::text[], %(ts)s::timestamptz[], %(state)s::text[], %(reason)s::text[])
         WITH ORDINALITY AS row (address, ts, state, reason, place)
    JOIN device ON device.address = row.address
    ORDER BY device.id, row.ts, place DESC),
noted AS (
    INSERT INTO presence (ts, device_id, state, reason) SELECT ts, device_id, state, reason FROM said
    ON CONFLICT (device_id, ts) DO UPDATE SET state = excluded.state, reason = excluded.reason)
UPDATE device SET standing = newest.state, standing_reason = newest.reason, standing_since = newest.ts
FROM (SELECT DISTINCT ON (device_id) device_id, ts, state, reason FROM said ORDER BY device_id, ts DESC) AS newest
WHERE device.id = newest.device_id
RETURNING device.address

-- name: note_downtime
-- Since the last ingest ended nothing is known of any device: noted by the next one before all else.
WITH noted AS (
    INSERT INTO presence (ts, device_id, state, reason)
    SELECT greatest(ended, standing_since + interval '1 ms'), id, 'unknown', 'down'
    FROM device, (SELECT max(kept_at) AS ended FROM ingest_run) AS last
    WHERE ended IS NOT NULL AND admission <> 'retired' AND standing_reason <> 'down'
    ON CONFLICT (device_id, ts) DO UPDATE SET state = 'unknown', reason = 'down'
    RETURNING device_id, ts)
UPDATE device SET standing = 'unknown', standing_reason = 'down', standing_since = noted.ts
FROM noted WHERE device.id = noted.device_id

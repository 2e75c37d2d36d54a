-- name: tables
-- The tables to keep with their columns: not partitions, not extensions' own, not the list of migrations.
SELECT c.relname::text, format('%I', c.relname), array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relpersistence = 'p' AND c.relname <> 'migration'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
GROUP BY c.relname ORDER BY c.relname

-- name: aggregates
-- Continuous aggregates, the tables in which they keep their rows, and the columns both have: history whose raw readings may be gone.
SELECT g.view_name::text, format('%I.%I', g.materialization_hypertable_schema, g.materialization_hypertable_name),
       array_agg(a.attname::text ORDER BY a.attnum)
FROM timescaledb_information.continuous_aggregates g
JOIN pg_attribute a ON a.attrelid = format('%I.%I', g.view_schema, g.view_name)::regclass
JOIN pg_attribute b ON b.attname = a.attname AND NOT b.attisdropped
 AND b.attrelid = format('%I.%I', g.materialization_hypertable_schema, g.materialization_hypertable_name)::regclass
WHERE g.view_schema = current_schema() AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY 1, 2 ORDER BY 1

-- name: references
-- Which table refers to which other one.
SELECT DISTINCT c.conrelid::regclass::text, c.confrelid::regclass::text
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
WHERE c.contype = 'f' AND c.conrelid <> c.confrelid AND r.relnamespace = current_schema()::regnamespace
  AND NOT r.relispartition

-- name: triggers
-- Triggers of ours, which would do again what the backup holds already.
SELECT r.relname::text, t.tgname::text
FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D'
  AND r.relnamespace = current_schema()::regnamespace AND NOT r.relispartition
  AND p.pronamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')

-- name: numbers
-- Columns that number their rows.
SELECT table_name::text, column_name::text FROM information_schema.columns
WHERE table_schema = current_schema() AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL

-- name: go_on_numbering
-- The next number of a column comes after the greatest there is.
SELECT setval(pg_get_serial_sequence(quote_ident(%(table)s), %(column)s), %(next)s, false)

-- name: weeks_of_partitions
-- The weeks that have partitions; of one for a month or a year, the week it begins in.
SELECT DISTINCT CASE WHEN relname ~ '_\d{4}w\d{2}$' THEN right(relname, 7)
                     WHEN relname ~ '_\d{4}m\d{2}$' THEN to_char(to_date(right(relname, 7), 'YYYY"m"MM'), 'IYYY"w"IW')
                     ELSE to_char(to_date(right(relname, 4), 'YYYY'), 'IYYY"w"IW') END
FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '_\d{4}([wm]\d{2})?$' ORDER BY 1

-- name: weeks_of_chunks
-- The weeks that the chunks of hypertables reach into, those of broken clocks left out.
SELECT DISTINCT to_char(week, 'IYYY"w"IW')
FROM timescaledb_information.chunks,
     generate_series(date_trunc('week', range_start, 'UTC'), range_end - interval '1 second', interval '7 days') AS week
WHERE hypertable_schema = current_schema() AND range_start BETWEEN '2015-01-01' AND now() + interval '60 days'
ORDER BY 1

-- name: make_week
-- Makes the partitions that the days of one week fall in; nothing to do on TimescaleDB.
SELECT make_partitions(to_date(%(week)s, 'IYYY"w"IW'), to_date(%(week)s, 'IYYY"w"IW') + 6)

-- name: steps
-- The migrations this database had.
SELECT number, name, digest FROM migration ORDER BY number

-- name: steady
-- The forms that values are written and read in, whatever the database's settings.
SELECT set_config('DateStyle', 'ISO', false), set_config('IntervalStyle', 'postgres', false),
       set_config('TimeZone', 'UTC', false), set_config('extra_float_digits', '1', false),
       set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)

-- name: alone
-- Whether nobody writes readings here; holds that until the connection ends.
SELECT pg_try_advisory_lock(hashtext('district-ioc ingest'))

-- name: one_migration
-- Waits for a running migration, and lets none begin until the connection ends.
SELECT pg_advisory_lock(hashtext('district-ioc migrate'))

-- Readings get one table a family, with a column for each usual metric. The tables are made from what the families
-- say (ingest/series.py), after this file; what was kept so far waits under this name and is moved into them.

ALTER TABLE reading RENAME TO reading_untyped;
ALTER INDEX reading_received RENAME TO reading_untyped_received;

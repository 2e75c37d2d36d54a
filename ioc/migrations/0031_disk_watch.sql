-- How the database grew and what room its disk had, hour by hour: what the forecast of days left is made from.

CREATE TABLE disk_sample (
    hour timestamptz PRIMARY KEY,
    database_bytes bigint NOT NULL,
    free_bytes bigint,
    total_bytes bigint
);
COMMENT ON TABLE disk_sample IS 'Size of this database and room on its disk at each hour''s last look; kept for 400 days.';
COMMENT ON COLUMN disk_sample.free_bytes IS 'NULL where nobody can tell: a database on another machine, whose disk the settings do not name.';

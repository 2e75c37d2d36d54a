-- The ISA-18.2 figures look at what people were told within a span of time, in whatever order alerts were born.

CREATE INDEX alert_timeline_told ON alert_timeline (at) WHERE announce IS NOT NULL;

-- What a receiver said when it took a letter.

ALTER TABLE outbox ADD COLUMN receipt text;

COMMENT ON COLUMN outbox.receipt IS 'What the receiver said when it took it: HTTP 204, PUBACK.';

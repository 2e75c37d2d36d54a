-- Who may do what, and who did what: accounts, sessions, tokens, audit.
--
-- Secrets are never here as such: passwords as argon2 hashes, sessions and tokens as SHA-256 of 256 random bits.

CREATE TABLE account (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'supervisor', 'admin')),
    password text NOT NULL,
    chosen boolean NOT NULL DEFAULT false,
    must_change boolean NOT NULL DEFAULT true,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE account IS 'People who sign in.';
COMMENT ON COLUMN account.password IS 'argon2id hash with its parameters.';
COMMENT ON COLUMN account.chosen IS 'Whether its owner chose the password; until then a start may set another.';

CREATE TABLE session (
    hash bytea PRIMARY KEY,
    account_id integer NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    address text NOT NULL
);
COMMENT ON TABLE session IS 'Browsers signed in; expiry slides while they are used.';
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE token (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash bytea NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('script', 'wall')),
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'supervisor', 'admin')),
    account_id integer NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz,
    CHECK (kind = 'script' OR role = 'viewer')
);
COMMENT ON TABLE token IS 'Bearer tokens: of scripts, which act for an account; of walls, which only look.';
COMMENT ON COLUMN token.account_id IS 'Who made it. A script''s token never does more than this account may now.';
COMMENT ON COLUMN token.expires_at IS 'NULL for a wall: it ends when revoked, or unused for 90 days.';

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    role text,
    action text NOT NULL,
    target text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    address text NOT NULL DEFAULT ''
);
COMMENT ON TABLE audit IS 'What people did, successfully or not; written with the deed, never changed.';
COMMENT ON COLUMN audit.role IS 'What the actor was allowed at that moment; NULL for one who was not signed in.';
CREATE INDEX audit_at ON audit (at);

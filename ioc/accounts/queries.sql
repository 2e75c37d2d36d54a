-- name: account_by_name
-- One account with its password's hash.
SELECT id, name, role, password, chosen, must_change, enabled, created_at FROM account WHERE name = %(name)s;

-- name: all_accounts
-- Every account, in the order of names.
SELECT id, name, role, must_change, enabled, created_at FROM account ORDER BY name;

-- name: add_account
-- A new account with a first password that its owner must change; nothing where the name is taken.
INSERT INTO account (name, role, password) VALUES (%(name)s, %(role)s, %(password)s)
ON CONFLICT (name) DO NOTHING
RETURNING id, name, role, must_change, enabled, created_at;

-- name: change_account
-- Sets what is given of role, enabled and password; a password set by another must be changed.
UPDATE account SET role = coalesce(%(role)s, role), enabled = coalesce(%(enabled)s, enabled),
    password = coalesce(%(password)s, password),
    must_change = must_change OR %(password)s::text IS NOT NULL, chosen = chosen OR %(password)s::text IS NOT NULL
WHERE name = %(name)s
RETURNING id, name, role, must_change, enabled, created_at;

-- name: lock_admins
-- The accounts that may administer, held until the end of the transaction, so that two cannot remove each other.
SELECT name FROM account WHERE role = 'admin' AND enabled ORDER BY id FOR UPDATE;

-- name: choose_password
-- The owner chose a password.
UPDATE account SET password = %(password)s, chosen = true, must_change = false WHERE id = %(account_id)s;

-- name: rehash
-- The same password, hashed with today's parameters.
UPDATE account SET password = %(password)s WHERE id = %(account_id)s AND password = %(before)s;

-- name: set_first_admin
-- The account `admin` as a start makes it; left alone once its owner chose a password.
INSERT INTO account (name, role, password, must_change) VALUES ('admin', 'admin', %(password)s, %(must_change)s)
ON CONFLICT (name) DO UPDATE SET password = excluded.password, must_change = excluded.must_change
WHERE NOT account.chosen;

-- name: open_session
-- A browser signed in.
INSERT INTO session (hash, account_id, created_at, expires_at, address)
VALUES (%(hash)s, %(account_id)s, %(now)s, %(expires_at)s, %(address)s);

-- name: session_person
-- Who a session belongs to, with the role as it is now.
SELECT a.id AS account_id, a.name, a.role, a.must_change, s.expires_at
FROM session s JOIN account a ON a.id = s.account_id
WHERE s.hash = %(hash)s AND s.expires_at > %(now)s AND a.enabled;

-- name: slide_session
-- A session in use lives on.
UPDATE session SET expires_at = %(expires_at)s WHERE hash = %(hash)s;

-- name: close_session
-- A browser signed out.
DELETE FROM session WHERE hash = %(hash)s;

-- name: close_sessions
-- Ends all sessions of an account but the one given.
DELETE FROM session WHERE account_id = %(account_id)s AND hash IS DISTINCT FROM %(but)s;

-- name: forget_sessions
-- Sessions long over.
DELETE FROM session WHERE expires_at < %(now)s;

-- name: add_token
-- A new token.
INSERT INTO token (hash, kind, name, role, account_id, created_at, expires_at)
VALUES (%(hash)s, %(kind)s, %(name)s, %(role)s, %(account_id)s, %(now)s, %(expires_at)s)
RETURNING id;

-- name: token_person
-- Who a token acts for; a script's account must still be enabled, a wall outlives whoever hung it up.
SELECT t.id AS token_id, t.kind, t.name AS token_name, t.role AS token_role, t.used_at, a.id AS account_id,
    a.name, a.role
FROM token t JOIN account a ON a.id = t.account_id
WHERE t.hash = %(hash)s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %(now)s)
    AND (t.kind = 'script' AND a.enabled
        OR t.kind = 'wall' AND coalesce(t.used_at, t.created_at) > %(unused_since)s);

-- name: use_token
-- When a token was last used, to the minute.
UPDATE token SET used_at = %(now)s WHERE id = %(id)s;

-- name: tokens
-- The tokens of one account, or of all, that are not revoked; never the secret, which is nowhere.
SELECT t.id, t.kind, t.name, t.role, a.name AS owner, t.created_at, t.expires_at, t.used_at
FROM token t JOIN account a ON a.id = t.account_id
WHERE t.revoked_at IS NULL AND (%(account_id)s::integer IS NULL OR t.account_id = %(account_id)s)
ORDER BY t.id;

-- name: revoke_token
-- Ends a token of one account, or of any.
UPDATE token SET revoked_at = %(now)s
WHERE id = %(id)s AND revoked_at IS NULL AND (%(account_id)s::integer IS NULL OR account_id = %(account_id)s)
RETURNING name, kind;

-- name: note
-- One line of the audit.
INSERT INTO audit (at, actor, role, action, target, detail, address)
VALUES (%(at)s, %(actor)s, %(role)s, %(action)s, %(target)s, %(detail)s, %(address)s);

-- name: audit_page
-- The audit, newest first, optionally of one actor or action, below a given line.
SELECT id, at, actor, role, action, target, detail, address FROM audit
WHERE (%(before)s::bigint IS NULL OR id < %(before)s)
    AND (%(actor)s::text IS NULL OR actor = %(actor)s)
    AND (%(action)s::text IS NULL OR action = %(action)s)
ORDER BY id DESC LIMIT %(limit)s;

-- A session outlives its access tokens: it is carried on by refresh tokens, ends at expires_at whatever
-- happens, and earlier when it is not used or is revoked.
ALTER TABLE sessions ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now();

-- Each refresh token is good for one use and then replaced; only the SHA-256 of its 256 random bits is kept.
-- All tokens of a session are one family.
CREATE TABLE refresh_tokens (
    hash       bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id),
    issued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT refresh_tokens_hash_check CHECK (octet_length(hash) = 32),
    CONSTRAINT refresh_tokens_expiry_check CHECK (expires_at > issued_at)
);
CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_expires_idx ON refresh_tokens (expires_at);

-- Which access tokens no longer hold: those of one session, or, without a session, all of a person's tokens
-- whose `rev` is below this id. A row is of use until the last such token has expired by itself.
CREATE TABLE revocations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users (id),
    session_id uuid REFERENCES sessions (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX revocations_user_idx ON revocations (user_id, id) WHERE session_id IS NULL;
CREATE INDEX revocations_created_idx ON revocations (created_at);

-- Failed logins by address given, whether or not anybody has it: a lock tells nothing about who exists.
CREATE TABLE login_failures (
    account      bytea PRIMARY KEY,
    failures     integer NOT NULL,
    failed_at    timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz,
    CONSTRAINT login_failures_account_check CHECK (octet_length(account) = 32),
    CONSTRAINT login_failures_failures_check CHECK (failures > 0)
);
CREATE INDEX login_failures_failed_idx ON login_failures (failed_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens, login_failures TO auth_service;
GRANT SELECT, INSERT, DELETE ON revocations TO auth_service;
GRANT SELECT, INSERT ON revocations TO council_service;

-- People who are invited have no password yet; of people who are erased only their id and their acts remain.
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE users DROP CONSTRAINT users_state_check;
ALTER TABLE users ADD CONSTRAINT users_state_check CHECK (state IN ('invited', 'active', 'deactivated', 'erased'));
ALTER TABLE users ADD CONSTRAINT users_active_has_password_check CHECK (state <> 'active' OR password_hash IS NOT NULL);
CREATE INDEX users_active_admins_idx ON users (id) WHERE role = 'admin' AND state = 'active';

-- A person's authenticator (RFC 6238). The secret is encrypted under a key that the database does not hold;
-- the last time step that was accepted is kept, so that no code is taken twice.
CREATE TABLE totp (
    user_id      uuid PRIMARY KEY REFERENCES users (id),
    secret       bytea NOT NULL,
    last_step    bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);

-- Codes for who has lost the authenticator; each has 120 random bits, is kept as SHA-256 and is good once.
CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id),
    hash    bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (user_id, hash),
    CONSTRAINT recovery_codes_hash_check CHECK (octet_length(hash) = 32)
);

-- What is sent by e-mail to prove that somebody reads it; kept as SHA-256, good once.
CREATE TABLE account_tokens (
    hash       bytea PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users (id),
    purpose    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT account_tokens_hash_check CHECK (octet_length(hash) = 32),
    CONSTRAINT account_tokens_purpose_check CHECK (purpose IN ('invitation', 'password_reset'))
);
CREATE INDEX account_tokens_user_idx ON account_tokens (user_id, purpose);

GRANT SELECT, INSERT, UPDATE, DELETE ON totp, recovery_codes, account_tokens TO auth_service;

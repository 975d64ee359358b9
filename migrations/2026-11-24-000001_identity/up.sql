-- People, their sessions, and the service accounts that act for them.

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    email         text NOT NULL,
    name          text NOT NULL,
    password_hash text NOT NULL,
    role          text NOT NULL,
    state         text NOT NULL DEFAULT 'active',
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_email_check CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    CONSTRAINT users_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT users_role_check CHECK (role IN ('admin', 'council_operator', 'viewer')),
    CONSTRAINT users_state_check CHECK (state IN ('active', 'deactivated'))
);

CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users (id),
    address    inet,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT sessions_user_agent_check CHECK (length(user_agent) <= 400),
    CONSTRAINT sessions_expiry_check CHECK (expires_at > created_at)
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE TABLE agents (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    owner_id   uuid NOT NULL REFERENCES users (id),
    state      text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT agents_name_key UNIQUE (name),
    CONSTRAINT agents_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT agents_state_check CHECK (state IN ('active', 'deactivated'))
);
CREATE INDEX agents_owner_id_idx ON agents (owner_id);

-- A key reads cdx_<prefix>_<secret>; only the SHA-256 of the secret is kept. The secret has 256 random
-- bits, so a slow hash would protect nothing that a fast one does not.
CREATE TABLE api_keys (
    id          uuid PRIMARY KEY,
    agent_id    uuid NOT NULL REFERENCES agents (id),
    prefix      text NOT NULL,
    secret_hash bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    CONSTRAINT api_keys_prefix_key UNIQUE (prefix),
    CONSTRAINT api_keys_prefix_check CHECK (prefix ~ '^[a-z0-9]{12}$'),
    CONSTRAINT api_keys_secret_hash_check CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT api_keys_expiry_check CHECK (expires_at > created_at)
);
CREATE INDEX api_keys_agent_id_idx ON api_keys (agent_id);

-- Secrets of steps, by the name that definitions refer to them by. Only ciphertext, bound to the name.
CREATE TABLE secrets (
    name        text PRIMARY KEY,
    ciphertext  bytea NOT NULL,
    -- How often it was set.
    version     integer NOT NULL DEFAULT 1,
    description text NOT NULL,
    set_by      uuid NOT NULL REFERENCES users (id),
    set_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT secrets_name_check CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    CONSTRAINT secrets_version_check CHECK (version > 0),
    CONSTRAINT secrets_description_check CHECK (length(description) <= 200)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON secrets TO council_service;
GRANT SELECT (name, ciphertext) ON secrets TO workflow_worker;

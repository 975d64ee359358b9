-- The first answer to a request with an Idempotency-Key, written in the transaction of the act: a repeated request gets
-- it again, whatever happened in between. Kept for 24 hours.
CREATE TABLE idempotency_keys (
    caller     uuid NOT NULL,
    key        text NOT NULL,
    -- SHA-256 of method, path and body: the same key with another request is refused.
    request    bytea NOT NULL,
    status     smallint NOT NULL,
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key),
    CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_keys_request_check CHECK (octet_length(request) = 32)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

GRANT SELECT, INSERT ON idempotency_keys TO council_service;
GRANT SELECT, DELETE ON idempotency_keys TO workflow_worker;

-- E-mail waits in the outbox, too: auth-service sends it. A row that could not be sent is due again later.
ALTER TABLE outbox ADD COLUMN due_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE outbox ADD COLUMN attempts integer NOT NULL DEFAULT 0;
CREATE INDEX outbox_email_idx ON outbox (due_at, id) WHERE stream = 'email';

GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO auth_service;

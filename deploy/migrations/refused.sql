-- One statement a line; deploy/migrations/check tries whether each is refused.
ALTER TABLE workflows DROP COLUMN reason;
DROP TABLE votes;
ALTER TABLE workflows RENAME COLUMN reason TO why;
ALTER TABLE workflows RENAME TO runs;
ALTER TABLE workflows ALTER COLUMN reason SET NOT NULL;
ALTER TABLE workflows ADD COLUMN owner uuid NOT NULL;
ALTER TABLE workflows ADD COLUMN token uuid DEFAULT gen_random_uuid();
ALTER TABLE workflows ADD COLUMN seen_at timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE workflows ALTER COLUMN fence TYPE numeric;
ALTER TABLE workflows ADD CONSTRAINT workflows_reason_key UNIQUE (reason);
ALTER TABLE workflows ADD CONSTRAINT workflows_owner_fkey FOREIGN KEY (owner) REFERENCES users (id);
ALTER TABLE workflows ADD CONSTRAINT workflows_reason_check CHECK (length(reason) < 10);
ALTER TABLE workflows DROP CONSTRAINT workflows_pkey;
CREATE INDEX workflows_reason_idx ON workflows (reason);
DROP INDEX workflows_status_idx;
DROP TYPE mood;
DROP FUNCTION replicas();

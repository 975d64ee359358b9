-- How far the announcer has come in the timeline: what it tells people and programs follows from the events after this
-- place. One row; a worker that locks it has the turn.
CREATE TABLE announcer (
    id             integer PRIMARY KEY,
    transaction_id bigint NOT NULL,
    event_id       bigint NOT NULL,
    CONSTRAINT announcer_one_row_check CHECK (id = 1)
);
-- A database that has been in use begins at its end: nobody is told of the past.
INSERT INTO announcer (id, transaction_id, event_id)
SELECT 1, CASE WHEN EXISTS (SELECT FROM workflow_timeline)
               THEN pg_snapshot_xmin(pg_current_snapshot())::text::bigint ELSE 0 END, 0;

-- Programs that are told of events over HTTP, signed as Standard Webhooks has it.
CREATE TABLE webhooks (
    id               uuid PRIMARY KEY,
    url              text NOT NULL,
    description      text NOT NULL,
    events           text[] NOT NULL,
    state            text NOT NULL DEFAULT 'active',
    -- Why we disabled it, when it was not an admin.
    disabled_because text,
    -- Encrypted. The one before signs, too, until its time is over.
    secret           bytea NOT NULL,
    previous_secret  bytea,
    previous_until   timestamptz,
    created_by       uuid NOT NULL REFERENCES users (id),
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhooks_url_check CHECK (length(url) BETWEEN 1 AND 2000),
    CONSTRAINT webhooks_description_check CHECK (length(description) <= 200),
    CONSTRAINT webhooks_events_check CHECK (cardinality(events) > 0),
    CONSTRAINT webhooks_state_check CHECK (state IN ('active', 'paused', 'disabled')),
    CONSTRAINT webhooks_disabled_because_check CHECK (disabled_because IS NULL OR state = 'disabled'),
    CONSTRAINT webhooks_previous_check CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
);

-- What each is told, and how that went. Kept for 30 days.
CREATE TABLE webhook_deliveries (
    id          uuid PRIMARY KEY,
    webhook_id  uuid NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    -- The same in every delivery of an event, and at every attempt.
    event_id    uuid NOT NULL,
    event_type  text NOT NULL,
    payload     jsonb NOT NULL,
    status      text NOT NULL DEFAULT 'pending',
    attempts    integer NOT NULL DEFAULT 0,
    -- When it is tried next. While an attempt is under way: when that counts as lost.
    due_at      timestamptz NOT NULL DEFAULT now(),
    last_status integer,
    last_error  text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT webhook_deliveries_event_key UNIQUE (webhook_id, event_id),
    CONSTRAINT webhook_deliveries_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT webhook_deliveries_status_check CHECK (status IN ('pending', 'delivered', 'failed')),
    CONSTRAINT webhook_deliveries_finished_check CHECK ((finished_at IS NOT NULL) = (status <> 'pending'))
);
CREATE INDEX webhook_deliveries_webhook_idx ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (webhook_id, due_at, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_created_idx ON webhook_deliveries (created_at);

GRANT SELECT, UPDATE ON announcer TO workflow_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks TO council_service;
GRANT SELECT, INSERT, UPDATE ON webhook_deliveries TO council_service;
GRANT SELECT ON webhooks TO workflow_worker;
-- It disables what its receiver has given up.
GRANT UPDATE (state, disabled_because) ON webhooks TO workflow_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_deliveries TO workflow_worker;
-- What a mail says of a workflow; not its inputs.
GRANT SELECT (id, workflow_type, type_version, status, round, proposer_user_id, proposer_agent_id)
    ON workflows TO auth_service;
GRANT SELECT (workflow_type, version, name) ON workflow_type_versions TO auth_service;
GRANT SELECT ON break_glass TO auth_service;

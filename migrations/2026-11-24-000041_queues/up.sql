-- How urgent workflows of a type are, and how many of them may run at a time, on all workers together.
ALTER TABLE workflow_types
    ADD COLUMN priority text NOT NULL DEFAULT 'normal',
    ADD COLUMN max_running integer,
    ADD CONSTRAINT workflow_types_priority_check CHECK (priority IN ('high', 'normal', 'low')),
    ADD CONSTRAINT workflow_types_max_running_check CHECK (max_running BETWEEN 1 AND 10000);

-- A queue for each priority. From a paused one nothing is started or resumed; what runs goes on.
CREATE TABLE queues (
    priority  text PRIMARY KEY,
    paused_at timestamptz,
    paused_by uuid REFERENCES users (id),
    reason    text,
    CONSTRAINT queues_priority_check CHECK (priority IN ('high', 'normal', 'low')),
    CONSTRAINT queues_reason_check CHECK (length(reason) BETWEEN 1 AND 2000),
    CONSTRAINT queues_paused_check CHECK (num_nonnulls(paused_at, paused_by, reason) IN (0, 3))
);
INSERT INTO queues (priority) VALUES ('high'), ('normal'), ('low');

ALTER TABLE workflows
    -- Since when it waits for a place among the running ones of its type, or for its queue to be resumed.
    ADD COLUMN parked_at timestamptz;
CREATE INDEX workflows_parked_idx ON workflows (workflow_type, parked_at) WHERE parked_at IS NOT NULL;
CREATE INDEX workflows_held_idx ON workflows (workflow_type) WHERE lease_holder IS NOT NULL;
-- What has finished lately: reports, and the reconciliation of runs with approvals.
CREATE INDEX workflows_finished_idx ON workflows (finished_at) WHERE finished_at IS NOT NULL;

-- When a step that waits is done.
ALTER TABLE workflow_steps ADD COLUMN resume_at timestamptz;

-- Whoever writes many acts at once numbers them himself.
DROP TRIGGER audit_log_number ON audit_log;
CREATE TRIGGER audit_log_number BEFORE INSERT ON audit_log
    FOR EACH ROW WHEN (NEW.resource_kind IN ('workflow', 'mandate') AND NEW.sequence IS NULL)
    EXECUTE FUNCTION number_act();

GRANT SELECT, UPDATE ON queues TO council_service;
GRANT SELECT ON queues TO workflow_worker, health_aggregator;
GRANT SELECT (id, priority, max_running) ON workflow_types TO health_aggregator;
GRANT SELECT (parked_at) ON workflows TO health_aggregator;

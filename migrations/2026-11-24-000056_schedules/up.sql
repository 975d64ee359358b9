-- Workflows that are proposed at times of the clock, in the name of a person.
CREATE TABLE schedules (
    id             uuid PRIMARY KEY,
    name           text NOT NULL,
    -- Five fields, on the clocks of the time zone.
    cron           text NOT NULL,
    time_zone      text NOT NULL,
    workflow_type  text NOT NULL REFERENCES workflow_types (id),
    inputs         jsonb NOT NULL,
    weekly_savings numeric(14, 2),
    reason         text,
    missed         text NOT NULL,
    state          text NOT NULL DEFAULT 'active',
    -- Why we paused it, when it was not a person.
    paused_because text,
    -- How often in a row nothing could be proposed.
    refusals       integer NOT NULL DEFAULT 0,
    -- None while it is paused, and when its pattern has an end.
    next_due_at    timestamptz,
    last_fired_at  timestamptz,
    -- Who answers for what it proposes: whoever said last what that is.
    owner_id       uuid NOT NULL REFERENCES users (id),
    version        integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schedules_name_key UNIQUE (name),
    CONSTRAINT schedules_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT schedules_cron_check CHECK (length(cron) BETWEEN 1 AND 100),
    CONSTRAINT schedules_time_zone_check CHECK (length(time_zone) BETWEEN 1 AND 100),
    CONSTRAINT schedules_inputs_check CHECK (jsonb_typeof(inputs) = 'object'),
    CONSTRAINT schedules_weekly_savings_check CHECK (weekly_savings >= 0),
    CONSTRAINT schedules_reason_check CHECK (length(reason) BETWEEN 1 AND 2000),
    CONSTRAINT schedules_missed_check CHECK (missed IN ('skip', 'once', 'all')),
    CONSTRAINT schedules_state_check CHECK (state IN ('active', 'paused')),
    CONSTRAINT schedules_paused_check CHECK (state = 'paused' OR paused_because IS NULL),
    CONSTRAINT schedules_due_check CHECK (state = 'active' OR next_due_at IS NULL),
    CONSTRAINT schedules_refusals_check CHECK (refusals >= 0),
    CONSTRAINT schedules_version_check CHECK (version > 0)
);
CREATE INDEX schedules_due_idx ON schedules (next_due_at) WHERE next_due_at IS NOT NULL;

-- What came of each time that was due. The key is the promise that each fires once.
CREATE TABLE schedule_runs (
    schedule_id uuid NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    due_at      timestamptz NOT NULL,
    fired_at    timestamptz NOT NULL DEFAULT now(),
    outcome     text NOT NULL,
    workflow_id uuid REFERENCES workflows (id),
    -- Why nothing was proposed.
    problem     text,
    PRIMARY KEY (schedule_id, due_at),
    CONSTRAINT schedule_runs_outcome_check CHECK (outcome IN ('proposed', 'blocked', 'refused', 'missed')),
    CONSTRAINT schedule_runs_workflow_check CHECK ((workflow_id IS NOT NULL) = (outcome IN ('proposed', 'blocked'))),
    CONSTRAINT schedule_runs_problem_check CHECK ((problem IS NOT NULL) = (outcome <> 'proposed'))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON schedules TO council_service;
GRANT SELECT ON schedule_runs TO council_service;
GRANT SELECT ON schedules TO workflow_worker;
GRANT UPDATE (state, paused_because, refusals, next_due_at, last_fired_at, version) ON schedules TO workflow_worker;
GRANT SELECT, INSERT ON schedule_runs TO workflow_worker;
-- It proposes what is due, by the code that council-service proposes with.
GRANT INSERT ON workflows, workflow_steps TO workflow_worker;

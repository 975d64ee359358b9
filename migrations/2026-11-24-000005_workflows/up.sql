-- Proposals, the reviews they need, the votes on them, and what their runs did.

CREATE TABLE workflows (
    id               uuid PRIMARY KEY,
    workflow_type    text NOT NULL,
    type_version     integer NOT NULL,
    domain           text NOT NULL,
    inputs           jsonb NOT NULL,
    digest           bytea NOT NULL,
    reason           text,
    weekly_savings   numeric(14, 2),
    proposer_user_id uuid REFERENCES users (id),
    proposer_agent_id uuid REFERENCES agents (id),
    status           text NOT NULL,
    request_id       text,
    traceparent      text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    decided_at       timestamptz,
    -- When a worker may take it (up): the end of a cooling-off period, or of a backoff.
    due_at           timestamptz,
    enqueued_at      timestamptz,
    started_at       timestamptz,
    finished_at      timestamptz,
    -- The claim: who holds it, until when, and the fencing number that every write of a run must carry.
    lease_holder     text,
    lease_expires_at timestamptz,
    fence            bigint NOT NULL DEFAULT 0,
    output           jsonb,
    error            text,
    CONSTRAINT workflows_type_fkey FOREIGN KEY (workflow_type, type_version)
        REFERENCES workflow_type_versions (workflow_type, version),
    CONSTRAINT workflows_inputs_check CHECK (jsonb_typeof(inputs) = 'object'),
    CONSTRAINT workflows_digest_check CHECK (octet_length(digest) = 32),
    CONSTRAINT workflows_reason_check CHECK (length(reason) <= 2000),
    CONSTRAINT workflows_weekly_savings_check CHECK (weekly_savings >= 0),
    CONSTRAINT workflows_proposer_check CHECK (num_nonnulls(proposer_user_id, proposer_agent_id) = 1),
    CONSTRAINT workflows_status_check CHECK (status IN (
        'pending_review', 'approved', 'queued', 'running',
        'completed', 'failed', 'rejected', 'expired', 'cancelled')),
    CONSTRAINT workflows_lease_check CHECK ((lease_holder IS NULL) = (lease_expires_at IS NULL)),
    CONSTRAINT workflows_lease_while_running_check CHECK (lease_holder IS NULL OR status = 'running'),
    CONSTRAINT workflows_finished_check CHECK (
        (finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'rejected', 'expired', 'cancelled')))
);
CREATE INDEX workflows_created_idx ON workflows (created_at, id);
CREATE INDEX workflows_status_idx ON workflows (status, created_at, id);
-- Only what is on its way; small however many have finished.
CREATE INDEX workflows_moving_idx ON workflows (status, due_at)
    WHERE status IN ('approved', 'queued', 'running');

CREATE TABLE workflow_reviews (
    workflow_id    uuid NOT NULL REFERENCES workflows (id),
    council_id     text NOT NULL REFERENCES councils (id),
    policy_version integer NOT NULL,
    outcome        text NOT NULL DEFAULT 'open',
    opened_at      timestamptz NOT NULL DEFAULT now(),
    deadline       timestamptz NOT NULL,
    decided_at     timestamptz,
    PRIMARY KEY (workflow_id, council_id),
    CONSTRAINT workflow_reviews_policy_fkey FOREIGN KEY (council_id, policy_version)
        REFERENCES council_policies (council_id, version),
    CONSTRAINT workflow_reviews_outcome_check CHECK (outcome IN (
        'open', 'approved', 'rejected', 'expired', 'cancelled')),
    CONSTRAINT workflow_reviews_decided_check CHECK ((decided_at IS NOT NULL) = (outcome <> 'open'))
);
CREATE INDEX workflow_reviews_open_idx ON workflow_reviews (council_id, deadline) WHERE outcome = 'open';

CREATE TABLE votes (
    workflow_id uuid NOT NULL,
    council_id  text NOT NULL,
    user_id     uuid NOT NULL REFERENCES users (id),
    vote        text NOT NULL,
    comment     text,
    as_admin    boolean NOT NULL,
    -- What was voted on.
    digest      bytea NOT NULL,
    address     inet,
    cast_at     timestamptz NOT NULL DEFAULT now(),
    -- One vote per person and review.
    PRIMARY KEY (workflow_id, council_id, user_id),
    CONSTRAINT votes_review_fkey FOREIGN KEY (workflow_id, council_id)
        REFERENCES workflow_reviews (workflow_id, council_id),
    CONSTRAINT votes_vote_check CHECK (vote IN ('approve', 'reject', 'abstain')),
    CONSTRAINT votes_comment_check CHECK (length(comment) BETWEEN 1 AND 2000),
    CONSTRAINT votes_admin_comment_check CHECK (NOT as_admin OR comment IS NOT NULL),
    CONSTRAINT votes_digest_check CHECK (octet_length(digest) = 32)
);

CREATE TABLE workflow_steps (
    workflow_id     uuid NOT NULL REFERENCES workflows (id),
    position        integer NOT NULL,
    name            text NOT NULL,
    kind            text NOT NULL,
    status          text NOT NULL DEFAULT 'pending',
    attempt         integer NOT NULL DEFAULT 0,
    fence           bigint NOT NULL DEFAULT 0,
    request_digest  bytea,
    response_digest bytea,
    output          jsonb,
    error           text,
    started_at      timestamptz,
    finished_at     timestamptz,
    PRIMARY KEY (workflow_id, position),
    CONSTRAINT workflow_steps_name_key UNIQUE (workflow_id, name),
    CONSTRAINT workflow_steps_status_check CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    CONSTRAINT workflow_steps_attempt_check CHECK (attempt >= 0),
    CONSTRAINT workflow_steps_finished_check CHECK ((finished_at IS NOT NULL) = (status IN ('completed', 'failed')))
);

CREATE TABLE workflow_timeline (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workflow_id uuid NOT NULL REFERENCES workflows (id),
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    event       text NOT NULL,
    actor_kind  text NOT NULL,
    actor_id    uuid,
    detail      jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT workflow_timeline_actor_check CHECK (
        actor_kind IN ('user', 'agent', 'system')
        AND (actor_id IS NOT NULL) = (actor_kind IN ('user', 'agent')))
);
CREATE INDEX workflow_timeline_workflow_idx ON workflow_timeline (workflow_id, id);
CREATE TRIGGER workflow_timeline_append_only BEFORE UPDATE OR DELETE ON workflow_timeline
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The last line of defence of the first promise, below any code of ours: what was proposed never changes,
-- the status moves only along legal edges, nothing is queued while a review of it is not approved, and
-- nobody writes under a fence older than the current one.
CREATE FUNCTION guard_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.workflow_type, NEW.type_version, NEW.domain, NEW.inputs, NEW.digest)
       IS DISTINCT FROM (OLD.id, OLD.workflow_type, OLD.type_version, OLD.domain, OLD.inputs, OLD.digest) THEN
        RAISE EXCEPTION 'a proposal never changes' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflows_proposal_is_immutable';
    END IF;
    IF NEW.fence < OLD.fence THEN
        RAISE EXCEPTION 'a fence never goes back' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflows_fence_is_monotonic';
    END IF;
    IF NEW.status <> OLD.status AND NOT (OLD.status, NEW.status) IN (
        ('pending_review', 'approved'), ('pending_review', 'rejected'),
        ('pending_review', 'expired'), ('pending_review', 'cancelled'),
        ('approved', 'queued'), ('approved', 'cancelled'),
        ('queued', 'running'), ('queued', 'failed'), ('queued', 'cancelled'),
        ('running', 'completed'), ('running', 'failed'), ('running', 'cancelled')) THEN
        RAISE EXCEPTION 'a workflow does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_status_transition';
    END IF;
    IF NEW.status <> OLD.status AND NEW.status IN ('approved', 'queued', 'running') AND EXISTS (
        SELECT FROM workflow_reviews r WHERE r.workflow_id = NEW.id AND r.outcome <> 'approved') THEN
        RAISE EXCEPTION 'a workflow is not approved while a review of it is not'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_reviews_approved';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER workflows_guard BEFORE UPDATE ON workflows
    FOR EACH ROW EXECUTE FUNCTION guard_workflow();

-- A proposal begins before its run: only pending_review and approved are beginnings.
CREATE FUNCTION guard_new_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('pending_review', 'approved') THEN
        RAISE EXCEPTION 'a workflow does not begin as %', NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_status_transition';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER workflows_guard_new BEFORE INSERT ON workflows
    FOR EACH ROW EXECUTE FUNCTION guard_new_workflow();

-- A review is decided once, and its votes stand still from then on.
CREATE FUNCTION guard_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> 'open' THEN
        RAISE EXCEPTION 'a decided review never changes' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflow_reviews_decided_once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER workflow_reviews_guard BEFORE UPDATE ON workflow_reviews
    FOR EACH ROW EXECUTE FUNCTION guard_review();

CREATE FUNCTION guard_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a vote is never deleted' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'votes_are_kept';
    END IF;
    IF NOT EXISTS (SELECT FROM workflow_reviews r
                   WHERE r.workflow_id = NEW.workflow_id AND r.council_id = NEW.council_id AND r.outcome = 'open') THEN
        RAISE EXCEPTION 'the review is decided' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'votes_while_open';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER votes_guard BEFORE INSERT OR UPDATE OR DELETE ON votes
    FOR EACH ROW EXECUTE FUNCTION guard_vote();

REVOKE SELECT ON workflow_reviews FROM auth_service;
REVOKE UPDATE ON workflow_steps FROM council_service;
REVOKE INSERT ON workflow_reviews FROM workflow_worker;
REVOKE SELECT ON council_domains FROM workflow_worker;

CREATE OR REPLACE FUNCTION guard_new_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('pending_review', 'approved') THEN
        RAISE EXCEPTION 'a workflow does not begin as %', NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_status_transition';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION guard_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION guard_vote() RETURNS trigger LANGUAGE plpgsql AS $$
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

-- Rounds after the first have no place in the old form: taking this back with such rows fails, and loses nothing.
ALTER TABLE votes
    DROP CONSTRAINT votes_review_fkey,
    DROP CONSTRAINT votes_pkey,
    DROP CONSTRAINT votes_admin_comment_check,
    ADD COLUMN as_admin boolean;
ALTER TABLE votes DISABLE TRIGGER votes_guard;
UPDATE votes SET as_admin = seat_of IS NULL;
ALTER TABLE votes ENABLE TRIGGER votes_guard;
ALTER TABLE votes
    ALTER COLUMN as_admin SET NOT NULL,
    DROP COLUMN round,
    DROP COLUMN seat_of,
    ADD PRIMARY KEY (workflow_id, council_id, user_id),
    ADD CONSTRAINT votes_admin_comment_check CHECK (NOT as_admin OR comment IS NOT NULL);
ALTER TABLE workflow_reviews
    DROP CONSTRAINT workflow_reviews_pkey,
    DROP CONSTRAINT workflow_reviews_outcome_check,
    DROP COLUMN round,
    DROP COLUMN kind,
    DROP COLUMN quorum_at,
    DROP COLUMN overdue_at,
    DROP COLUMN electorate,
    ADD CONSTRAINT workflow_reviews_outcome_check CHECK (outcome IN (
        'open', 'approved', 'rejected', 'expired', 'cancelled')),
    ADD PRIMARY KEY (workflow_id, council_id);
ALTER TABLE votes ADD CONSTRAINT votes_review_fkey FOREIGN KEY (workflow_id, council_id)
    REFERENCES workflow_reviews (workflow_id, council_id);

ALTER TABLE workflows
    DROP CONSTRAINT workflows_finished_check,
    DROP CONSTRAINT workflows_status_check,
    DROP CONSTRAINT workflows_blocked_check,
    DROP COLUMN round,
    DROP COLUMN basis,
    DROP COLUMN supersedes,
    ADD CONSTRAINT workflows_status_check CHECK (status IN (
        'pending_review', 'approved', 'queued', 'running',
        'completed', 'failed', 'rejected', 'expired', 'cancelled')),
    ADD CONSTRAINT workflows_finished_check CHECK (
        (finished_at IS NOT NULL) = (status IN ('completed', 'failed', 'rejected', 'expired', 'cancelled')));

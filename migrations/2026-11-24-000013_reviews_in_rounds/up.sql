-- A workflow is reviewed in rounds: a retry that its old approval does not carry goes back to the councils, and what
-- they decided before stays as it was.
ALTER TABLE workflows
    ADD COLUMN round integer NOT NULL DEFAULT 1,
    -- Why it may run, or why not.
    ADD COLUMN basis text,
    -- The proposal that this one takes the place of.
    ADD COLUMN supersedes uuid REFERENCES workflows (id);
UPDATE workflows w SET basis = CASE
    WHEN EXISTS (SELECT FROM workflow_reviews r WHERE r.workflow_id = w.id) THEN 'review' ELSE 'policy' END;
ALTER TABLE workflows
    ALTER COLUMN basis SET NOT NULL,
    ADD CONSTRAINT workflows_basis_check CHECK (basis IN ('review', 'policy', 'mandate', 'break_glass', 'blocked')),
    ADD CONSTRAINT workflows_blocked_check CHECK ((basis = 'blocked') = (status = 'blocked')),
    ADD CONSTRAINT workflows_supersedes_key UNIQUE (supersedes),
    DROP CONSTRAINT workflows_status_check,
    ADD CONSTRAINT workflows_status_check CHECK (status IN (
        'pending_review', 'approved', 'queued', 'running',
        'completed', 'failed', 'rejected', 'expired', 'cancelled', 'blocked')),
    DROP CONSTRAINT workflows_finished_check,
    ADD CONSTRAINT workflows_finished_check CHECK (
        (finished_at IS NOT NULL) =
        (status IN ('completed', 'failed', 'rejected', 'expired', 'cancelled', 'blocked')));

ALTER TABLE votes DROP CONSTRAINT votes_review_fkey, DROP CONSTRAINT votes_pkey;
ALTER TABLE workflow_reviews
    DROP CONSTRAINT workflow_reviews_pkey,
    ADD COLUMN round integer NOT NULL DEFAULT 1,
    ADD COLUMN kind text NOT NULL DEFAULT 'approval',
    -- When enough seats had voted for a majority: if that was late, the deadline moved.
    ADD COLUMN quorum_at timestamptz,
    -- A ratification that was not given in time: told once, and still waited for.
    ADD COLUMN overdue_at timestamptz,
    -- Who could vote when it was decided.
    ADD COLUMN electorate jsonb,
    ADD CONSTRAINT workflow_reviews_kind_check CHECK (kind IN ('approval', 'ratification')),
    DROP CONSTRAINT workflow_reviews_outcome_check,
    ADD CONSTRAINT workflow_reviews_outcome_check CHECK (outcome IN (
        'open', 'approved', 'rejected', 'expired', 'escalated', 'cancelled')),
    ADD PRIMARY KEY (workflow_id, council_id, round);

-- A vote is cast for a seat, one's own or that of somebody whom one stands in for, or as an admin for none.
ALTER TABLE votes
    ADD COLUMN round integer NOT NULL DEFAULT 1,
    ADD COLUMN seat_of uuid REFERENCES users (id);
ALTER TABLE votes DISABLE TRIGGER votes_guard;
UPDATE votes SET seat_of = user_id WHERE NOT as_admin;
ALTER TABLE votes ENABLE TRIGGER votes_guard;
ALTER TABLE votes
    DROP CONSTRAINT votes_admin_comment_check,
    DROP COLUMN as_admin,
    ADD CONSTRAINT votes_admin_comment_check CHECK (seat_of IS NOT NULL OR comment IS NOT NULL),
    ADD PRIMARY KEY (workflow_id, council_id, round, user_id),
    ADD CONSTRAINT votes_review_fkey FOREIGN KEY (workflow_id, council_id, round)
        REFERENCES workflow_reviews (workflow_id, council_id, round);

CREATE OR REPLACE FUNCTION guard_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a vote is never deleted' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'votes_are_kept';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.workflow_id, NEW.council_id, NEW.round, NEW.user_id)
       IS DISTINCT FROM (OLD.workflow_id, OLD.council_id, OLD.round, OLD.user_id) THEN
        RAISE EXCEPTION 'a vote is never moved to another review' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'votes_stay_where_they_are';
    END IF;
    IF NOT EXISTS (SELECT FROM workflow_reviews r
                   WHERE r.workflow_id = NEW.workflow_id AND r.council_id = NEW.council_id AND r.round = NEW.round
                     AND r.outcome = 'open') THEN
        RAISE EXCEPTION 'the review is decided' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'votes_while_open';
    END IF;
    RETURN NEW;
END
$$;

-- The last line of defence of the first promise, below any code of ours: what was proposed never changes, the status
-- moves only along legal edges, and nothing may run but on a basis that stands in other tables, too.
CREATE OR REPLACE FUNCTION guard_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.workflow_type, NEW.type_version, NEW.domain, NEW.inputs, NEW.digest, NEW.supersedes)
       IS DISTINCT FROM
       (OLD.id, OLD.workflow_type, OLD.type_version, OLD.domain, OLD.inputs, OLD.digest, OLD.supersedes) THEN
        RAISE EXCEPTION 'a proposal never changes' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflows_proposal_is_immutable';
    END IF;
    IF NEW.fence < OLD.fence THEN
        RAISE EXCEPTION 'a fence never goes back' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflows_fence_is_monotonic';
    END IF;
    IF NEW.round < OLD.round THEN
        RAISE EXCEPTION 'a round never goes back' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflows_round_is_monotonic';
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF NOT (OLD.status, NEW.status) IN (
        ('pending_review', 'approved'), ('pending_review', 'rejected'),
        ('pending_review', 'expired'), ('pending_review', 'cancelled'),
        ('approved', 'queued'), ('approved', 'cancelled'),
        ('queued', 'running'), ('queued', 'failed'), ('queued', 'cancelled'),
        ('running', 'completed'), ('running', 'failed'), ('running', 'cancelled'),
        -- A mandate that ended before the run began; a retry that the approval carries, and one that it does not.
        ('queued', 'pending_review'), ('failed', 'queued'), ('failed', 'pending_review')) THEN
        RAISE EXCEPTION 'a workflow does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_status_transition';
    END IF;
    IF NEW.status IN ('approved', 'queued', 'running') AND NOT (CASE NEW.basis
        WHEN 'review' THEN
            EXISTS (SELECT FROM workflow_reviews r
                    WHERE r.workflow_id = NEW.id AND r.round = NEW.round AND r.outcome = 'approved')
            AND NOT EXISTS (SELECT FROM workflow_reviews r
                    WHERE r.workflow_id = NEW.id AND r.round = NEW.round AND r.outcome NOT IN ('approved', 'escalated'))
        WHEN 'policy' THEN
            NOT EXISTS (SELECT FROM workflow_reviews r WHERE r.workflow_id = NEW.id AND r.round = NEW.round)
        WHEN 'mandate' THEN
            EXISTS (SELECT FROM mandate_uses u WHERE u.workflow_id = NEW.id)
        WHEN 'break_glass' THEN
            EXISTS (SELECT FROM break_glass b WHERE b.workflow_id = NEW.id)
        ELSE false END) THEN
        RAISE EXCEPTION 'a workflow is not approved while a review of it is not'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_reviews_approved';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION guard_new_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('pending_review', 'approved', 'blocked') THEN
        RAISE EXCEPTION 'a workflow does not begin as %', NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_status_transition';
    END IF;
    RETURN NEW;
END
$$;

-- The worker opens reviews for what a mandate no longer carries, and for what a council lets another decide.
GRANT SELECT ON council_domains TO workflow_worker;
GRANT INSERT ON workflow_reviews TO workflow_worker;
GRANT UPDATE ON workflow_steps TO council_service;
GRANT SELECT ON workflow_reviews TO auth_service;

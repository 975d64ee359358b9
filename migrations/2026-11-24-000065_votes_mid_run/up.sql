-- A step can ask councils while a workflow runs: that opens another round of reviews, which say which step asked, and what.
ALTER TABLE workflow_reviews
    ADD COLUMN step text,
    ADD COLUMN question text,
    ADD CONSTRAINT workflow_reviews_question_check CHECK (
        (step IS NULL) = (question IS NULL) AND length(question) BETWEEN 1 AND 2000);
-- The round that a step has asked in; none as long as it has not.
ALTER TABLE workflow_steps
    ADD COLUMN asked_round integer,
    ADD CONSTRAINT workflow_steps_asked_check CHECK (asked_round IS NULL OR asked_round > 1 AND kind = 'approval');

-- In which round the glass was broken: the same workflow can have rounds before and after.
ALTER TABLE break_glass ADD COLUMN round integer;
ALTER TABLE break_glass DISABLE TRIGGER break_glass_guard;
UPDATE break_glass b SET round = w.round FROM workflows w WHERE w.id = b.workflow_id;
ALTER TABLE break_glass ENABLE TRIGGER break_glass_guard;
ALTER TABLE break_glass ALTER COLUMN round SET NOT NULL;
CREATE OR REPLACE FUNCTION guard_break_glass() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.workflow_id, OLD.round, OLD.admin_id, OLD.reason, OLD.broken_at, OLD.ratify_by)
            IS DISTINCT FROM (NEW.workflow_id, NEW.round, NEW.admin_id, NEW.reason, NEW.broken_at, NEW.ratify_by)
       OR OLD.ratified_at IS NOT NULL OR OLD.refused_at IS NOT NULL THEN
        RAISE EXCEPTION 'that the glass was broken is only ratified or refused, once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'break_glass_is_immutable';
    END IF;
    RETURN NEW;
END
$$;

-- What was asked in a round, once votes can be cast, stays as it is.
CREATE OR REPLACE FUNCTION guard_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> 'open' THEN
        RAISE EXCEPTION 'a decided review never changes' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflow_reviews_decided_once';
    END IF;
    IF (NEW.step, NEW.question) IS DISTINCT FROM (OLD.step, OLD.question) THEN
        RAISE EXCEPTION 'a question never changes' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflow_reviews_question_is_immutable';
    END IF;
    RETURN NEW;
END
$$;

-- A step that asks is done when the round that it asked in approved, or an admin did not wait for it; never otherwise.
CREATE FUNCTION guard_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.asked_round IS NULL OR NOT (
        EXISTS (SELECT FROM break_glass b WHERE b.workflow_id = NEW.workflow_id AND b.round = NEW.asked_round)
        OR EXISTS (SELECT FROM workflow_reviews r
                   WHERE r.workflow_id = NEW.workflow_id AND r.round = NEW.asked_round AND r.outcome = 'approved')
        AND NOT EXISTS (SELECT FROM workflow_reviews r
                   WHERE r.workflow_id = NEW.workflow_id AND r.round = NEW.asked_round
                     AND r.outcome NOT IN ('approved', 'escalated'))) THEN
        RAISE EXCEPTION 'a step that asks is not done before its councils approved'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflow_steps_answered';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER workflow_steps_answer BEFORE UPDATE ON workflow_steps
    FOR EACH ROW WHEN (NEW.kind = 'approval' AND NEW.status = 'completed' AND OLD.status <> 'completed')
    EXECUTE FUNCTION guard_answer();

-- As before, and: a run gives itself up to ask its councils in another round, which is open by then; and a broken glass
-- lets run what waited in its own round.
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
        -- A step asked.
        ('running', 'pending_review'),
        -- A mandate that ended before the run began; a retry that the approval carries, and one that it does not.
        ('queued', 'pending_review'), ('failed', 'queued'), ('failed', 'pending_review')) THEN
        RAISE EXCEPTION 'a workflow does not go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_status_transition';
    END IF;
    IF (OLD.status, NEW.status) = ('running', 'pending_review') AND NOT (
        NEW.round > OLD.round AND NEW.basis = 'review'
        AND EXISTS (SELECT FROM workflow_reviews r
                    WHERE r.workflow_id = NEW.id AND r.round = NEW.round AND r.outcome = 'open')
        AND EXISTS (SELECT FROM workflow_steps s
                    WHERE s.workflow_id = NEW.id AND s.asked_round = NEW.round AND s.status = 'running')) THEN
        RAISE EXCEPTION 'a run waits for its councils only when one of its steps asked them, in another round'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_asked';
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
            EXISTS (SELECT FROM break_glass b WHERE b.workflow_id = NEW.id AND b.round = NEW.round)
        ELSE false END) THEN
        RAISE EXCEPTION 'a workflow is not approved while a review of it is not'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflows_reviews_approved';
    END IF;
    RETURN NEW;
END
$$;

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

CREATE OR REPLACE FUNCTION guard_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome <> 'open' THEN
        RAISE EXCEPTION 'a decided review never changes' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'workflow_reviews_decided_once';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION guard_break_glass() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.workflow_id, OLD.admin_id, OLD.reason, OLD.broken_at, OLD.ratify_by)
            IS DISTINCT FROM (NEW.workflow_id, NEW.admin_id, NEW.reason, NEW.broken_at, NEW.ratify_by)
       OR OLD.ratified_at IS NOT NULL OR OLD.refused_at IS NOT NULL THEN
        RAISE EXCEPTION 'that the glass was broken is only ratified or refused, once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'break_glass_is_immutable';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER workflow_steps_answer ON workflow_steps;
DROP FUNCTION guard_answer();
ALTER TABLE break_glass DROP COLUMN round;
ALTER TABLE workflow_steps DROP CONSTRAINT workflow_steps_asked_check, DROP COLUMN asked_round;
ALTER TABLE workflow_reviews
    DROP CONSTRAINT workflow_reviews_question_check, DROP COLUMN step, DROP COLUMN question;

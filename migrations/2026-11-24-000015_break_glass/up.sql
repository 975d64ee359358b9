-- When a session last showed a code of its person's authenticator.
ALTER TABLE sessions ADD COLUMN second_factor_at timestamptz;

-- Workflows that an admin ran before their councils decided. Until each council has ratified it, that admin breaks no
-- glass again.
CREATE TABLE break_glass (
    workflow_id uuid PRIMARY KEY REFERENCES workflows (id),
    admin_id    uuid NOT NULL REFERENCES users (id),
    reason      text NOT NULL,
    broken_at   timestamptz NOT NULL DEFAULT now(),
    ratify_by   timestamptz NOT NULL,
    ratified_at timestamptz,
    refused_at  timestamptz,
    CONSTRAINT break_glass_reason_check CHECK (length(reason) BETWEEN 20 AND 2000),
    CONSTRAINT break_glass_outcome_check CHECK (ratified_at IS NULL OR refused_at IS NULL)
);
CREATE INDEX break_glass_admin_idx ON break_glass (admin_id) WHERE ratified_at IS NULL;

CREATE FUNCTION guard_break_glass() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER break_glass_guard BEFORE UPDATE OR DELETE ON break_glass
    FOR EACH ROW EXECUTE FUNCTION guard_break_glass();

GRANT SELECT, INSERT, UPDATE ON break_glass TO council_service;
GRANT SELECT, UPDATE ON break_glass TO workflow_worker;

-- What a council grants in advance. A mandate is a workflow of the type governance.mandate, whose inputs are its terms;
-- it has a row here once that has run.
CREATE TABLE mandates (
    id            uuid PRIMARY KEY REFERENCES workflows (id),
    workflow_type text NOT NULL REFERENCES workflow_types (id),
    condition     text NOT NULL,
    max_uses      integer NOT NULL,
    per           text NOT NULL,
    valid_until   timestamptz NOT NULL,
    -- Those that granted it: who becomes responsible later has granted nothing.
    councils      text[] NOT NULL,
    granted_at    timestamptz NOT NULL DEFAULT now(),
    revoked_at    timestamptz,
    revoked_by    uuid REFERENCES users (id),
    CONSTRAINT mandates_max_uses_check CHECK (max_uses > 0),
    CONSTRAINT mandates_per_check CHECK (per IN ('day', 'week', 'month', 'ever')),
    CONSTRAINT mandates_councils_check CHECK (cardinality(councils) > 0),
    CONSTRAINT mandates_revoked_check CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX mandates_in_force_idx ON mandates (workflow_type, valid_until) WHERE revoked_at IS NULL;

-- A use is reserved when the workflow is proposed and counts from then on; it is used up in the transaction of the
-- claim. What is cancelled before, or finds the mandate ended, gives it back.
CREATE TABLE mandate_uses (
    workflow_id uuid PRIMARY KEY REFERENCES workflows (id),
    mandate_id  uuid NOT NULL REFERENCES mandates (id),
    reserved_at timestamptz NOT NULL DEFAULT now(),
    used_at     timestamptz
);
CREATE INDEX mandate_uses_mandate_idx ON mandate_uses (mandate_id, reserved_at);

-- The terms never change, and nobody grants but by the run of an approved mandate.
CREATE FUNCTION guard_mandate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a mandate is never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'mandates_are_kept';
    ELSIF TG_OP = 'UPDATE' AND (OLD.revoked_at IS NOT NULL
            OR to_jsonb(NEW) - 'revoked_at' - 'revoked_by' <> to_jsonb(OLD) - 'revoked_at' - 'revoked_by') THEN
        RAISE EXCEPTION 'a mandate is only revoked, once' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'mandates_are_immutable';
    ELSIF TG_OP = 'INSERT' AND NOT EXISTS (
            SELECT FROM workflows w WHERE w.id = NEW.id AND w.workflow_type = 'governance.mandate'
              AND w.basis IN ('review', 'break_glass') AND w.status = 'running') THEN
        RAISE EXCEPTION 'a mandate is granted by the run of an approved workflow' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'mandates_are_granted';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER mandates_guard BEFORE INSERT OR UPDATE OR DELETE ON mandates
    FOR EACH ROW EXECUTE FUNCTION guard_mandate();

-- Types that come with the product have no author.
ALTER TABLE workflow_type_versions ALTER COLUMN created_by DROP NOT NULL;
INSERT INTO workflow_types (id, domain) VALUES ('governance.mandate', 'governance');
INSERT INTO workflow_type_versions (workflow_type, version, name, description, input_schema, steps)
VALUES ('governance.mandate', 1, 'Mandate',
    'Lets workflows of a type run without a review of each: so many, in such a time, of which this is true.', '{
    "type": "object",
    "additionalProperties": false,
    "required": ["workflow_type", "condition", "max_uses", "per", "valid_until"],
    "properties": {
        "workflow_type": {"type": "string", "title": "Workflow type", "description": "Workflows of which type may run."},
        "condition": {"type": "string", "title": "Condition", "minLength": 1, "maxLength": 2000,
            "description": "What must be true of their inputs, such as inputs.amount <= 5000."},
        "max_uses": {"type": "integer", "title": "Uses", "minimum": 1, "maximum": 100000},
        "per": {"type": "string", "title": "Per", "enum": ["day", "week", "month", "ever"]},
        "valid_until": {"type": "string", "title": "Valid until", "format": "date-time"}
    }
}', '[{"name": "grant", "kind": "grant_mandate", "with": {}, "max_attempts": 5, "timeout_seconds": 30}]');

GRANT SELECT ON mandates TO auth_service;
GRANT SELECT, UPDATE ON mandates TO council_service;
-- A lock for the claim needs the right to update.
GRANT SELECT, INSERT, UPDATE ON mandates TO workflow_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON mandate_uses TO council_service, workflow_worker;

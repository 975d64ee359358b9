-- What can be proposed: data, never code, in versions that never change.

CREATE TABLE workflow_types (
    id              text PRIMARY KEY,
    domain          text NOT NULL,
    current_version integer NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT workflow_types_id_check CHECK (id ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$' AND length(id) <= 100),
    CONSTRAINT workflow_types_domain_check CHECK (domain ~ '^[a-z][a-z0-9_]{1,62}$')
);

CREATE TABLE workflow_type_versions (
    workflow_type text NOT NULL REFERENCES workflow_types (id),
    version       integer NOT NULL,
    name          text NOT NULL,
    description   text NOT NULL DEFAULT '',
    input_schema  jsonb NOT NULL,
    steps         jsonb NOT NULL,
    created_by    uuid NOT NULL REFERENCES users (id),
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workflow_type, version),
    CONSTRAINT workflow_type_versions_version_check CHECK (version > 0),
    CONSTRAINT workflow_type_versions_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT workflow_type_versions_description_check CHECK (length(description) <= 2000),
    CONSTRAINT workflow_type_versions_input_schema_check CHECK (jsonb_typeof(input_schema) = 'object'),
    CONSTRAINT workflow_type_versions_steps_check CHECK (
        jsonb_typeof(steps) = 'array' AND jsonb_array_length(steps) BETWEEN 1 AND 50)
);
CREATE TRIGGER workflow_type_versions_append_only BEFORE UPDATE OR DELETE ON workflow_type_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE workflow_types ADD CONSTRAINT workflow_types_current_version_fkey
    FOREIGN KEY (id, current_version) REFERENCES workflow_type_versions (workflow_type, version)
    DEFERRABLE INITIALLY DEFERRED;

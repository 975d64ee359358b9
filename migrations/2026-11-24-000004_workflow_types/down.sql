ALTER TABLE workflow_types DROP CONSTRAINT workflow_types_current_version_fkey;
DROP TABLE workflow_type_versions;
DROP TABLE workflow_types;

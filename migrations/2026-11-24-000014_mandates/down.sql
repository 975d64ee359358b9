ALTER TABLE workflow_type_versions DISABLE TRIGGER workflow_type_versions_append_only;
DELETE FROM workflow_type_versions WHERE workflow_type = 'governance.mandate';
DELETE FROM workflow_types WHERE id = 'governance.mandate';
-- The table can't be altered while its deferred checks wait.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE workflow_type_versions ENABLE TRIGGER workflow_type_versions_append_only;
DROP TABLE mandate_uses;
DROP TABLE mandates;
DROP FUNCTION guard_mandate();
ALTER TABLE workflow_type_versions ALTER COLUMN created_by SET NOT NULL;

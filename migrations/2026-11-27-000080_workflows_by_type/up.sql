-- The workflows of a type that stand somewhere, newest first.
CREATE INDEX CONCURRENTLY workflows_type_idx ON workflows (workflow_type, status, id);

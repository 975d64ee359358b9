CREATE INDEX workflows_status_idx ON workflows (status, created_at, id);
DROP INDEX workflows_status_id_idx;

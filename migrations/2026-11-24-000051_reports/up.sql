-- What finished when: for reports, and for what is kept no longer.
CREATE INDEX workflows_finished_idx ON workflows (finished_at, id) WHERE finished_at IS NOT NULL;

-- Dead letters are looked through by when they failed, all of them or those of a type or a domain. Only what failed is in
-- these indexes.
CREATE INDEX workflows_failed_idx ON workflows (finished_at, id) WHERE status = 'failed';
CREATE INDEX workflows_failed_type_idx ON workflows (workflow_type, finished_at, id) WHERE status = 'failed';
CREATE INDEX workflows_failed_domain_idx ON workflows (domain, finished_at, id) WHERE status = 'failed';

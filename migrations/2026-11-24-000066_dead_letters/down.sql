DROP INDEX workflows_failed_domain_idx;
DROP INDEX workflows_failed_type_idx;
DROP INDEX workflows_failed_idx;

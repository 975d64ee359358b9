DROP INDEX CONCURRENTLY workflows_type_idx;

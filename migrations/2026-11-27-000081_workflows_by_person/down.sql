DROP INDEX CONCURRENTLY workflows_person_idx;

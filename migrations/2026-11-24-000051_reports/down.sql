DROP INDEX workflows_finished_idx;

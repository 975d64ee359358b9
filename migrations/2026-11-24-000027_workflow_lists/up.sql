-- Lists are in the order of ids, newest first: each filter of theirs has an index that ends with the id, so that a page
-- costs the same however many workflows there are.
CREATE INDEX workflows_status_id_idx ON workflows (status, id);
DROP INDEX workflows_status_idx;

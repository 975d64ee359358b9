-- What is under way has its row in the outbox; the announcer has told everything.
SET session_replication_role = replica;
INSERT INTO outbox (stream, payload) SELECT 'workflows', jsonb_build_object('workflow_id', id) FROM workflows WHERE status = 'queued' AND parked_at IS NULL ORDER BY id;
UPDATE announcer SET (transaction_id, event_id) = (SELECT pg_current_xact_id()::text::bigint, COALESCE(max(id), 0) FROM workflow_timeline);
VACUUM (ANALYZE);
CHECKPOINT

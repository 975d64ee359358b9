SET session_replication_role = replica;
INSERT INTO workflows (id, workflow_type, type_version, domain, inputs, digest, proposer_agent_id, status, basis, decided_at,
    enqueued_at, started_at, finished_at, fence, output)
SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'bench.render', 1, 'bench', '{}', '\x{digest}',
    '00000000-0000-7000-8004-000000000000', 'completed', 'policy', now(), now(), now(), now(), 1, '{"text": "x"}'
FROM generate_series(1, {number}) n;
INSERT INTO workflow_steps (workflow_id, position, name, kind, status, attempt, fence, request_digest, response_digest, output,
    started_at, finished_at)
SELECT id, 0, 'page', 'render_template', 'completed', 1, 1, digest, digest, output, now(), now() FROM workflows;
INSERT INTO workflow_timeline (workflow_id, event, actor_kind, detail)
SELECT id, event, 'system', '{"fence": 1}' FROM workflows CROSS JOIN unnest(ARRAY['started', 'step_completed', 'completed']) event;
INSERT INTO audit_log (actor_kind, action, resource_kind, resource_id, detail, sequence)
SELECT 'system', action, 'workflow', id, '{"fence": 1}', number
FROM workflows CROSS JOIN unnest(ARRAY['workflow.started', 'step.completed', 'workflow.completed']) WITH ORDINALITY acts (action, number);
UPDATE announcer SET (transaction_id, event_id) = (SELECT pg_current_xact_id()::text::bigint, max(id) FROM workflow_timeline);
VACUUM ANALYZE

SET session_replication_role = replica;
INSERT INTO workflows (id, workflow_type, type_version, domain, inputs, digest, proposer_agent_id, status, basis, decided_at, enqueued_at)
SELECT ('01900000-0000-7000-8001-' || lpad(to_hex({offset} + n), 12, '0'))::uuid, 'bench.render', 1, 'bench', '{}', '\x{digest}',
    '00000000-0000-7000-8004-000000000000', 'queued', 'policy', now(), now()
FROM generate_series(1, {number}) n;
INSERT INTO workflow_steps (workflow_id, position, name, kind)
SELECT id, 0, 'page', 'render_template' FROM workflows WHERE status = 'queued';
VACUUM ANALYZE workflows, workflow_steps;
CHECKPOINT;
INSERT INTO outbox (stream, payload)
SELECT 'workflows', jsonb_build_object('workflow_id', id) FROM workflows WHERE status = 'queued' ORDER BY id

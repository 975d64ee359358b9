TRUNCATE workflows, outbox CASCADE;
SET session_replication_role = replica;
INSERT INTO workflows (id, workflow_type, type_version, domain, inputs, digest, proposer_agent_id, status, basis, request_id)
SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'bench.render', 1, 'bench', '{}', sha256('x'),
    '00000000-0000-7000-8004-000000000000', 'pending_review', 'review', 'request-of-the-bench'
FROM generate_series(1, {number}) n;
INSERT INTO workflow_reviews (workflow_id, council_id, policy_version, deadline)
SELECT id, 'bench', 1, now() + interval '1 day' FROM workflows;
ALTER SEQUENCE bench_next RESTART;
VACUUM ANALYZE workflows, workflow_reviews;
CHECKPOINT

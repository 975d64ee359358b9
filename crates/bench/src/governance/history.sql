SET session_replication_role = replica;
INSERT INTO workflows (id, workflow_type, type_version, domain, inputs, digest, proposer_agent_id, status, basis, decided_at, finished_at)
SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'bench.render', 1, 'bench', '{}', sha256('x'),
    '00000000-0000-7000-8004-000000000000', s.status, 'review',
    CASE s.status WHEN 'pending_review' THEN NULL ELSE now() END, CASE s.status WHEN 'pending_review' THEN NULL ELSE now() END
FROM generate_series(1, {number}) n
CROSS JOIN LATERAL (SELECT CASE WHEN n % ({number} / 1000) = 3 THEN 'pending_review' WHEN n % 10000 = 7 THEN 'failed'
    ELSE 'completed' END AS status) s;
INSERT INTO workflow_reviews (workflow_id, council_id, policy_version, outcome, deadline, decided_at)
SELECT id, 'bench', 1, CASE status WHEN 'pending_review' THEN 'open' ELSE 'approved' END, now() + interval '1 day', decided_at
FROM workflows;
INSERT INTO votes (workflow_id, council_id, user_id, seat_of, vote, digest)
SELECT w.id, 'bench', s.user_id, s.user_id, 'approve', w.digest
FROM workflows w CROSS JOIN (SELECT user_id FROM council_seats WHERE council_id = 'bench' ORDER BY user_id DESC LIMIT 5) s;
VACUUM ANALYZE

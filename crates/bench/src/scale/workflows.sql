-- The workflows numbered from {first} to {last}, of {number} in two years, the last one now, with all that they left. The record
-- and the timeline begin with number {recorded}.
SET session_replication_role = replica;
SET jit = off;
CREATE TEMPORARY TABLE made (
    n bigint, id uuid, at timestamptz, council text, domain text, type text, steps int, reviewed bool, status text, ended bool,
    ran bool, agent uuid, person uuid, digest bytea, request text);
INSERT INTO made
SELECT n, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
        || '8' || lpad(to_hex(n), 15, '0'))::uuid,
    at, 'council-' || c, 'domain_' || c, 'domain_' || c || '.task_' || t, 1 + t / 4, basis = 'review', status,
    ended, ended AND status IN ('completed', 'failed') OR status = 'running',
    -- One agent proposed a part of the first hundredth, and nothing since.
    CASE WHEN n % 5 > 0 THEN ('00000000-0000-7000-8004-' || lpad(to_hex(
        CASE WHEN n <= {number} / 100 AND n % 7 = 0 THEN 21 ELSE 1 + n / 5 % 20 END), 12, '0'))::uuid END,
    CASE WHEN n % 5 = 0 THEN ('00000000-0000-7000-8001-' || lpad(to_hex(3 + n / 5 % 40), 12, '0'))::uuid END,
    sha256(n::text::bytea), 'request-' || lpad(to_hex(n), 24, '0')
FROM generate_series({first}, {last}) n
CROSS JOIN LATERAL (SELECT now() - interval '2 years' * ({number} - n) / {number} AS at,
    -- The eleventh council answers for five in a hundred thousand; half of all are the first one's.
    CASE WHEN n % 20000 = 9 THEN 11 WHEN n % 100 < 50 THEN 1 ELSE 1 + n % 10 END AS c, 1 + n / 100 % 5 AS t,
    {number} - n AS age) a
CROSS JOIN LATERAL (SELECT CASE
    WHEN age < 1000 THEN 'pending_review' WHEN age < 1200 THEN 'approved' WHEN age < 1800 THEN 'queued' WHEN age < 1864 THEN 'running'
    WHEN n % 1000 < 20 THEN 'failed' WHEN n % 1000 < 35 THEN 'rejected' WHEN n % 1000 < 45 THEN 'expired'
    WHEN n % 1000 < 50 THEN 'cancelled' WHEN n % 1000 < 55 THEN 'blocked' ELSE 'completed' END AS status, age >= 1864 AS ended) s
CROSS JOIN LATERAL (SELECT CASE WHEN status = 'blocked' THEN 'blocked' WHEN status IN ('pending_review', 'rejected', 'expired') OR n % 2 = 1 THEN 'review'
    ELSE 'policy' END AS basis) b;
INSERT INTO workflows (id, workflow_type, type_version, domain, inputs, digest, reason, weekly_savings, proposer_user_id, proposer_agent_id,
    status, request_id, traceparent, created_at, decided_at, due_at, enqueued_at, started_at, finished_at, lease_holder, lease_expires_at,
    fence, output, error, basis, parked_at)
SELECT id, type, 1, domain, jsonb_build_object('page', 'https://example.com/pages/' || n, 'title', 'A title of some words', 'number', n, 'published', true),
    digest, CASE WHEN n % 3 = 0 THEN 'Because it saves us time every week' END, n % 500, person, agent, status, request,
    '00-' || lpad(to_hex(n), 32, '0') || '-00f067aa0ba902b7-01', at,
    CASE WHEN status NOT IN ('pending_review', 'blocked', 'cancelled') THEN at + interval '20 minutes' END,
    CASE status WHEN 'approved' THEN now() + interval '1 hour' END,
    CASE WHEN status IN ('queued', 'running') THEN now() WHEN ran THEN at + interval '20 minutes' END,
    CASE WHEN status = 'running' THEN now() WHEN ran THEN at + interval '1200.05 seconds' END,
    CASE WHEN ended THEN CASE status WHEN 'blocked' THEN at ELSE at + interval '1200 seconds' + n % 60 * interval '0.5 seconds' END END,
    CASE status WHEN 'running' THEN 'worker-1' END, CASE status WHEN 'running' THEN now() + interval '1 hour' END, CASE WHEN ran THEN 1 ELSE 0 END,
    CASE WHEN status = 'completed' THEN '{"status": 200, "body": {"id": 12345678, "url": "https://example.com/pages/1"}}'::jsonb END,
    CASE WHEN status = 'failed' THEN 'step call: the answer was 50' || n % 4 || ' after ' || n % 90 || ' s' END,
    CASE status WHEN 'blocked' THEN 'blocked' ELSE CASE WHEN reviewed THEN 'review' ELSE 'policy' END END,
    CASE WHEN status = 'queued' AND {number} - n >= 1700 THEN now() END
FROM made ORDER BY n;
INSERT INTO workflow_reviews (workflow_id, council_id, policy_version, outcome, opened_at, deadline, quorum_at, decided_at, electorate)
SELECT id, council, 1, CASE status WHEN 'pending_review' THEN 'open' WHEN 'rejected' THEN 'rejected' WHEN 'expired' THEN 'expired'
        WHEN 'cancelled' THEN 'cancelled' ELSE 'approved' END,
    at, at + interval '3 days', CASE WHEN ran THEN at + interval '20 minutes' END, CASE WHEN status <> 'pending_review' THEN at + interval '20 minutes' END,
    CASE WHEN status <> 'pending_review' THEN (SELECT jsonb_build_object('seats', jsonb_object_agg(s.user_id, s.seat),
        'admins', '["00000000-0000-7000-8001-000000000001"]'::jsonb, 'excluded', '[]'::jsonb) FROM council_seats s WHERE s.council_id = council) END
FROM made WHERE reviewed ORDER BY n;
INSERT INTO votes (workflow_id, council_id, user_id, seat_of, vote, digest, address, cast_at)
SELECT m.id, m.council, s.user_id, s.user_id, CASE m.status WHEN 'rejected' THEN 'reject' ELSE 'approve' END, m.digest, '192.0.2.1', m.at + s.place * interval '10 minutes'
FROM made m JOIN (SELECT council_id, user_id, row_number() OVER (PARTITION BY council_id ORDER BY user_id) AS place FROM council_seats
    WHERE council_id LIKE 'council-%') s ON s.council_id = m.council AND s.place <= 2
WHERE m.reviewed AND m.status NOT IN ('pending_review', 'expired') ORDER BY m.n;
INSERT INTO workflow_steps (workflow_id, position, name, kind, status, attempt, fence, request_digest, response_digest, output, error, started_at, finished_at)
SELECT id, p, CASE WHEN p = steps - 1 THEN 'call' ELSE 'page' END, CASE WHEN p = steps - 1 THEN 'http_request' ELSE 'render_template' END,
    CASE WHEN ran AND ended THEN CASE WHEN status = 'failed' AND p = steps - 1 THEN 'failed' ELSE 'completed' END ELSE 'pending' END,
    CASE WHEN ran AND ended THEN 1 ELSE 0 END, CASE WHEN ran THEN 1 ELSE 0 END, CASE WHEN ran THEN digest END, CASE WHEN status = 'completed' THEN digest END,
    CASE WHEN status = 'completed' THEN '{"status": 200, "body": {"id": 12345678, "url": "https://example.com/pages/1"}}'::jsonb END,
    CASE WHEN status = 'failed' AND p = steps - 1 THEN 'the answer was 502' END,
    CASE WHEN ran AND ended THEN at + interval '1200.05 seconds' END, CASE WHEN ran AND ended THEN at + interval '1200 seconds' + n % 60 * interval '0.5 seconds' END
FROM made, generate_series(0, steps - 1) p ORDER BY n;
CREATE TEMPORARY TABLE IF NOT EXISTS acts (
    at timestamptz, n bigint, place int, event text, action text, kind text, actor uuid, detail jsonb);
TRUNCATE acts;
INSERT INTO acts
SELECT m.at + a.after, m.n, a.place, a.event, a.action, CASE a.by WHEN 'proposer' THEN CASE WHEN m.agent IS NULL THEN 'user' ELSE 'agent' END ELSE a.by END,
    CASE a.by WHEN 'proposer' THEN COALESCE(m.agent, m.person) WHEN 'user' THEN ('00000000-0000-7000-8001-' || lpad(to_hex(3 + m.n % 10 * 5), 12, '0'))::uuid END, a.detail
FROM made m
CROSS JOIN LATERAL (VALUES
    (1, true, interval '0', 'proposed', 'workflow.proposed', 'proposer', jsonb_build_object('workflow_type', m.type, 'version', 1, 'domain', m.domain,
        'digest', encode(m.digest, 'hex'), 'weekly_savings', '120.00', 'supersedes', null, 'reason_digest', null, 'basis', CASE WHEN m.reviewed THEN 'review' ELSE 'policy' END,
        'round', 1, 'reviewed_by', jsonb_build_array(m.council), 'findings', jsonb_build_array(jsonb_build_object('council_id', m.council,
        'policy_version', 1, 'finding', 'review', 'because', 'the policy asks for a review of everything')),
        'policies', jsonb_build_object(m.council, encode(m.digest, 'hex')))),
    (2, m.reviewed AND m.status NOT IN ('pending_review', 'expired'), interval '10 minutes', 'voted', 'vote.cast', 'user', jsonb_build_object('council_id', m.council, 'round', 1,
        'vote', CASE m.status WHEN 'rejected' THEN 'reject' ELSE 'approve' END, 'seat_of', '00000000-0000-7000-8001-000000000003',
        'as_admin', false, 'digest', encode(m.digest, 'hex'), 'comment_digest', null)),
    (3, m.reviewed AND m.status NOT IN ('pending_review', 'expired'), interval '20 minutes', 'voted', 'vote.cast', 'user', jsonb_build_object('council_id', m.council, 'round', 1,
        'vote', CASE m.status WHEN 'rejected' THEN 'reject' ELSE 'approve' END, 'seat_of', '00000000-0000-7000-8001-000000000004',
        'as_admin', false, 'digest', encode(m.digest, 'hex'), 'comment_digest', null)),
    (4, m.reviewed AND m.status <> 'pending_review', interval '20 minutes', 'review_decided', 'workflow.review_decided', 'user', jsonb_build_object('council_id', m.council, 'kind', 'approval',
        'round', 1, 'outcome', 'approved', 'policy_version', 1, 'tally', '{"seats": 5, "approve": 2, "reject": 0, "abstain": 0}'::jsonb,
        'electorate', '{"seats": {"00000000-0000-7000-8001-000000000003": "chair", "00000000-0000-7000-8001-000000000004": "member"}, "admins": [], "excluded": []}'::jsonb)),
    (5, m.ran OR m.status IN ('approved', 'queued'), interval '20 minutes', 'approved', 'workflow.approved', 'system', jsonb_build_object('digest', encode(m.digest, 'hex'), 'cooling_off_seconds', 0)),
    (6, m.ran OR m.status = 'queued', interval '20 minutes', 'queued', null, 'system', '{}'::jsonb),
    (7, m.ran, interval '1200.05 seconds', 'started', 'workflow.started', 'system', '{"holder": "worker-1", "fence": 1}'::jsonb),
    (8, m.ran, interval '1200.05 seconds', 'step_started', 'step.started', 'system', '{"step": "call", "attempt": 1, "fence": 1}'::jsonb),
    (9, m.ran AND m.ended AND m.steps = 2, interval '1200.1 seconds', 'step_completed', 'step.completed', 'system', jsonb_build_object('step', 'page', 'attempt', 1,
        'request_digest', encode(m.digest, 'hex'), 'response_digest', encode(m.digest, 'hex'), 'error', null)),
    (10, m.ran AND m.ended, interval '1200.2 seconds', CASE m.status WHEN 'failed' THEN 'step_failed' ELSE 'step_completed' END,
        CASE m.status WHEN 'failed' THEN 'step.failed' ELSE 'step.completed' END, 'system', jsonb_build_object('step', 'call', 'attempt', 1,
        'request_digest', encode(m.digest, 'hex'), 'response_digest', encode(m.digest, 'hex'), 'error', null)),
    (11, m.ended, interval '1200.3 seconds', m.status, 'workflow.' || m.status, 'system', '{"fence": 1, "error": null}'::jsonb)
) a (place, is_done, after, event, action, by, detail)
WHERE a.is_done AND m.n >= {recorded};
INSERT INTO workflow_timeline (workflow_id, at, event, actor_kind, actor_id, detail)
SELECT m.id, a.at, a.event, a.kind, a.actor, a.detail FROM acts a JOIN made m USING (n) ORDER BY a.at, a.n, a.place;
INSERT INTO audit_log (at, actor_kind, actor_id, action, resource_kind, resource_id, detail, address, request_id, sequence)
SELECT a.at, a.kind, a.actor, a.action, 'workflow', m.id::text, a.detail, CASE a.kind WHEN 'user' THEN inet '192.0.2.1' END, m.request,
    row_number() OVER (PARTITION BY a.n ORDER BY a.place)
FROM acts a JOIN made m USING (n) WHERE a.action IS NOT NULL
UNION ALL
-- People log in, and in the first days councils are set up.
SELECT at, 'user', '00000000-0000-7000-8001-000000000003', 'session.created', 'session', id::text, '{"second_factor": true}', '192.0.2.1', request, NULL
FROM made WHERE n % 20 = 0 AND n >= {recorded}
UNION ALL
SELECT at, 'user', '00000000-0000-7000-8001-000000000001', 'council.policy_changed', 'council', 'council-1', '{"from": 1, "to": 2}', '192.0.2.1', request, NULL
FROM made WHERE n % 10 = 0 AND n BETWEEN {recorded} AND {recorded} + ({number} - {recorded}) / 50
ORDER BY 1;
INSERT INTO webhook_deliveries (id, webhook_id, event_id, event_type, payload, status, attempts, due_at, last_status, created_at, finished_at)
SELECT gen_random_uuid(), w.id, m.id, 'workflow.completed', jsonb_build_object('type', 'workflow.completed', 'workflow_id', m.id, 'url', 'https://example.com/api/workflows/' || m.id),
    'delivered', 1, m.at, 200, m.at, m.at
FROM made m, webhooks w WHERE m.at > now() - interval '30 days' AND m.ran AND m.ended;
INSERT INTO idempotency_keys (caller, key, request, status, body, created_at)
SELECT COALESCE(agent, person), request, digest, 201, jsonb_build_object('id', id, 'status', 'queued'), at FROM made WHERE at > now() - interval '1 day'

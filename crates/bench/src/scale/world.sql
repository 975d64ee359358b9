-- Who there is: ten councils of five, forty operators, agents, and many who only look; fifty types of workflows.
SET session_replication_role = replica;
INSERT INTO users (id, email, name, password_hash, role, created_at)
SELECT ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, 'person' || n || '@example.com', 'Person ' || n, 'none',
    CASE WHEN n <= 2 THEN 'admin' WHEN n <= 52 THEN 'council_operator' ELSE 'viewer' END, now() - interval '2 years'
FROM generate_series(1, 52 + {number} / 500) n;
INSERT INTO sessions (id, user_id, created_at, expires_at)
SELECT gen_random_uuid(), ('00000000-0000-7000-8001-' || lpad(to_hex(1 + n % 52), 12, '0'))::uuid,
    now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '30 days'
FROM generate_series(0, 17000) n;
INSERT INTO sessions (id, user_id, expires_at)
SELECT ('00000000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, ('00000000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid,
    now() + interval '7 days'
FROM generate_series(1, 52) n;
INSERT INTO agents (id, name, owner_id)
SELECT ('00000000-0000-7000-8004-' || lpad(to_hex(n), 12, '0'))::uuid, 'Agent ' || n, '00000000-0000-7000-8001-000000000001'
FROM generate_series(1, 21) n;
INSERT INTO councils (id, name) SELECT 'council-' || n, 'Council ' || n FROM generate_series(1, 11) n;
INSERT INTO council_domains (council_id, domain) SELECT 'council-' || n, 'domain_' || n FROM generate_series(1, 11) n;
INSERT INTO council_policies (council_id, version, policy)
SELECT 'council-' || n, 1, '{"decision_rule": {"kind": "approvals", "required": 2}}' FROM generate_series(1, 11) n;
INSERT INTO council_seats (council_id, user_id, seat)
SELECT 'council-' || c, ('00000000-0000-7000-8001-' || lpad(to_hex(2 + (c - 1) % 10 * 5 + s), 12, '0'))::uuid, CASE s WHEN 1 THEN 'chair' ELSE 'member' END
FROM generate_series(1, 11) c, generate_series(1, 5) s;
INSERT INTO workflow_types (id, domain)
SELECT 'domain_' || c || '.task_' || t, 'domain_' || c FROM generate_series(1, 11) c, generate_series(1, 5) t;
INSERT INTO workflow_type_versions (workflow_type, version, name, input_schema, steps)
SELECT id, 1, 'Task', '{"type": "object"}', CASE WHEN id ~ '[45]$' THEN '[{"name": "page", "kind": "render_template", "with": {"template": "x"}}, {"name": "call", "kind": "http_request", "with": {"url": "https://example.com/"}}]'::jsonb
    ELSE '[{"name": "call", "kind": "http_request", "with": {"url": "https://example.com/"}}]' END
FROM workflow_types WHERE id LIKE 'domain%';
INSERT INTO schedules (id, name, cron, time_zone, workflow_type, inputs, missed, next_due_at, owner_id)
SELECT ('00000000-0000-7000-8005-' || lpad(to_hex(n), 12, '0'))::uuid, 'Schedule ' || n, '0 * * * *', 'UTC', 'domain_1.task_1', '{}', 'once',
    now() + interval '1 hour', '00000000-0000-7000-8001-000000000001'
FROM generate_series(1, 20) n;
INSERT INTO schedule_runs (schedule_id, due_at, fired_at, outcome, problem)
SELECT id, at, at, 'refused', 'why' FROM schedules, generate_series(date_trunc('hour', now()) - interval '2 years', now(), interval '20 years' * 1000 / {number}) at;
INSERT INTO webhooks (id, url, description, events, secret, created_by)
SELECT ('00000000-0000-7000-8006-' || lpad(to_hex(n), 12, '0'))::uuid, 'https://example.com/' || n, '', '{workflow.completed}', 'sealed', '00000000-0000-7000-8001-000000000001'
FROM generate_series(1, 2) n

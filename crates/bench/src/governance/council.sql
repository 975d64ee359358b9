SET session_replication_role = replica;
INSERT INTO users (id, email, name, password_hash, role)
SELECT ('00000000-0000-7000-8001-00000000000' || n)::uuid, 'voter' || n || '@example.com', 'Voter ' || n, 'none', 'council_operator'
FROM generate_series(1, 8) n;
INSERT INTO sessions (id, user_id, expires_at)
SELECT ('00000000-0000-7000-8002-00000000000' || n)::uuid, ('00000000-0000-7000-8001-00000000000' || n)::uuid, now() + interval '1 day'
FROM generate_series(1, 8) n;
INSERT INTO users (id, email, name, password_hash, role)
VALUES ('00000000-0000-7000-8003-000000000000', 'admin@example.com', 'Admin', 'none', 'admin');
INSERT INTO agents (id, name, owner_id)
VALUES ('00000000-0000-7000-8004-000000000000', 'Agent', '00000000-0000-7000-8003-000000000000');
INSERT INTO councils (id, name) VALUES ('bench', 'Bench');
INSERT INTO council_policies (council_id, version, policy)
VALUES ('bench', 1, '{"decision_rule": {"kind": "approvals", "required": 1}}');
INSERT INTO council_seats (council_id, user_id, seat)
SELECT 'bench', ('00000000-0000-7000-8001-00000000000' || n)::uuid, 'member' FROM generate_series(1, 8) n;
INSERT INTO workflow_types (id, domain) VALUES ('bench.render', 'bench');
INSERT INTO workflow_type_versions (workflow_type, version, name, input_schema, steps)
VALUES ('bench.render', 1, 'Render', '{"type": "object"}', '[{"name": "page", "kind": "render_template", "with": {"template": "x"}}]');
CREATE SEQUENCE bench_next

SET session_replication_role = replica;
INSERT INTO workflow_types (id, domain) VALUES ('bench.call', 'bench');
INSERT INTO workflow_type_versions (workflow_type, version, name, input_schema, steps)
VALUES ('bench.call', 1, 'Call', '{"type": "object"}', '[{"name": "call", "kind": "http_request", "with": {"url": "{url}"}}]')

-- One PostgreSQL role a service, with only the rights it needs. They log in once the operator has given
-- them a password (ALTER ROLE ... PASSWORD); until then nobody can.
DO $$
DECLARE service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['auth_service', 'council_service', 'workflow_worker', 'health_aggregator'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', service);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- roles belong to the cluster: another database of it may have made this one
        END;
    END LOOP;
END
$$;

-- Everybody appends to the record and nobody changes it.
GRANT SELECT, INSERT ON audit_log TO auth_service, council_service, workflow_worker;
GRANT SELECT ON audit_seals, audit_records TO auth_service, council_service;
GRANT INSERT ON audit_seals TO auth_service;

GRANT SELECT, INSERT, UPDATE ON users, sessions, agents, api_keys TO auth_service;
GRANT SELECT ON councils, council_seats TO auth_service;

GRANT SELECT ON users, sessions, agents, api_keys TO council_service;
GRANT SELECT, INSERT, UPDATE ON councils, workflow_types, workflows, workflow_reviews, votes TO council_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON council_domains, council_seats TO council_service;
GRANT SELECT, INSERT ON council_policies, workflow_type_versions, workflow_steps, workflow_timeline TO council_service;
GRANT INSERT ON outbox TO council_service;

GRANT SELECT ON users, agents, councils, council_policies, council_seats, votes,
    workflow_types, workflow_type_versions, workflow_timeline TO workflow_worker;
GRANT SELECT, UPDATE ON workflows, workflow_reviews, workflow_steps TO workflow_worker;
GRANT INSERT ON workflow_timeline TO workflow_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO workflow_worker;

GRANT SELECT (id, status, created_at, enqueued_at, finished_at, lease_holder, lease_expires_at, workflow_type)
    ON workflows TO health_aggregator;

-- The roles stay: they belong to the cluster, and other databases may use them.
DO $$
DECLARE service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['auth_service', 'council_service', 'workflow_worker', 'health_aggregator'] LOOP
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', service);
        EXECUTE format('REVOKE ALL (id, status, created_at, enqueued_at, finished_at, lease_holder, lease_expires_at, workflow_type) ON workflows FROM %I', service);
    END LOOP;
END
$$;

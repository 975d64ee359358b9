REVOKE SELECT ON break_glass FROM auth_service;
REVOKE SELECT (workflow_type, version, name) ON workflow_type_versions FROM auth_service;
REVOKE SELECT (id, workflow_type, type_version, status, round, proposer_user_id, proposer_agent_id)
    ON workflows FROM auth_service;
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
DROP TABLE announcer;

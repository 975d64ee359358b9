REVOKE UPDATE (personal, salt) ON audit_log FROM auth_service;
DROP TABLE audit_checkpoints;
DROP TRIGGER audit_log_erasure_only ON audit_log;
DROP TRIGGER audit_log_append_only ON audit_log;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP FUNCTION refuse_all_but_erasure();
CREATE OR REPLACE VIEW audit_records AS
SELECT id, transaction_id, resource_kind, resource_id, jsonb_build_object(
    'id', id,
    'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'actor_kind', actor_kind,
    'actor_id', actor_id,
    'action', action,
    'resource_kind', resource_kind,
    'resource_id', resource_id,
    'detail', detail,
    'address', host(address),
    'request_id', request_id
) AS record
FROM audit_log;
DROP INDEX audit_log_personal_idx;
DROP INDEX audit_log_at_idx;
DROP INDEX audit_log_action_idx;
ALTER TABLE audit_log
    DROP CONSTRAINT audit_log_personal_check,
    DROP CONSTRAINT audit_log_commitment_check,
    DROP COLUMN personal,
    DROP COLUMN salt,
    DROP COLUMN commitment;

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
) || CASE WHEN commitment IS NULL THEN '{}'::jsonb
     ELSE jsonb_build_object('personal', encode(commitment, 'hex')) END AS record
FROM audit_log;
DROP TRIGGER audit_log_number ON audit_log;
DROP FUNCTION number_act();
DROP INDEX audit_log_sequence_key;
ALTER TABLE audit_log DROP COLUMN sequence;
REVOKE SELECT ON audit_checkpoints FROM council_service;
ALTER TABLE audit_checkpoints
    DROP CONSTRAINT audit_checkpoints_first_position_key,
    DROP CONSTRAINT audit_checkpoints_segment_check,
    DROP CONSTRAINT audit_checkpoints_root_check,
    DROP COLUMN root,
    DROP COLUMN first_position;

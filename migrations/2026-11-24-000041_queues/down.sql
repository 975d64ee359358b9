REVOKE SELECT (parked_at) ON workflows FROM health_aggregator;
REVOKE SELECT (id, priority, max_running) ON workflow_types FROM health_aggregator;
DROP TRIGGER audit_log_number ON audit_log;
CREATE TRIGGER audit_log_number BEFORE INSERT ON audit_log
    FOR EACH ROW WHEN (NEW.resource_kind IN ('workflow', 'mandate')) EXECUTE FUNCTION number_act();
ALTER TABLE workflow_steps DROP COLUMN resume_at;
DROP INDEX workflows_finished_idx, workflows_held_idx, workflows_parked_idx;
ALTER TABLE workflows DROP COLUMN parked_at;
DROP TABLE queues;
ALTER TABLE workflow_types
    DROP CONSTRAINT workflow_types_max_running_check, DROP CONSTRAINT workflow_types_priority_check,
    DROP COLUMN max_running, DROP COLUMN priority;

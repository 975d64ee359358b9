REVOKE SELECT ON revocations FROM health_aggregator;
REVOKE SELECT (schedule_id, due_at, outcome, workflow_id, problem) ON schedule_runs FROM health_aggregator;
REVOKE SELECT (id, name, cron, time_zone, workflow_type, missed, state, paused_because, refusals, next_due_at, last_fired_at)
    ON schedules FROM health_aggregator;
REVOKE SELECT (id, name) ON users, agents FROM health_aggregator;
REVOKE SELECT (id, workflow_id, at, event, actor_kind, actor_id, detail) ON workflow_timeline FROM health_aggregator;
REVOKE SELECT (workflow_id, position, name, kind, status, attempt, output, error, started_at, finished_at, resume_at)
    ON workflow_steps FROM health_aggregator;
REVOKE SELECT (workflow_type, version, name, steps) ON workflow_type_versions FROM health_aggregator;
REVOKE SELECT (type_version, domain, due_at, started_at, fence, error, request_id) ON workflows FROM health_aggregator;

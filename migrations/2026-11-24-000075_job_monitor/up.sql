-- What the job monitor shows to admins, and no more: neither inputs nor votes, and of people only their names. It acts
-- through council-service alone.
GRANT SELECT (type_version, domain, due_at, started_at, fence, error, request_id) ON workflows TO health_aggregator;
GRANT SELECT (workflow_type, version, name, steps) ON workflow_type_versions TO health_aggregator;
GRANT SELECT (workflow_id, position, name, kind, status, attempt, output, error, started_at, finished_at, resume_at)
    ON workflow_steps TO health_aggregator;
GRANT SELECT (id, workflow_id, at, event, actor_kind, actor_id, detail) ON workflow_timeline TO health_aggregator;
GRANT SELECT (id, name) ON users, agents TO health_aggregator;
GRANT SELECT (id, name, cron, time_zone, workflow_type, missed, state, paused_because, refusals, next_due_at, last_fired_at)
    ON schedules TO health_aggregator;
GRANT SELECT (schedule_id, due_at, outcome, workflow_id, problem) ON schedule_runs TO health_aggregator;
-- It checks admins' tokens itself.
GRANT SELECT ON revocations TO health_aggregator;

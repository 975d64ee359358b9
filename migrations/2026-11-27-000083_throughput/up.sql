-- How long runs waited for a worker is counted from their decision.
GRANT SELECT (decided_at) ON workflows TO health_aggregator;

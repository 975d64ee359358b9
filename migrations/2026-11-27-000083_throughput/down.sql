REVOKE SELECT (decided_at) ON workflows FROM health_aggregator;

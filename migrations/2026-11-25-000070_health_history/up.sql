-- For how long each part was how, in spans of time: samples of ten seconds for a day, minutes for a week, hours for 90 days.
-- Time that nobody has measured is in no column, so a span holds at most its own length.
CREATE TABLE health_history (
    resolution   text        NOT NULL,
    check_name   text        NOT NULL,
    starts_at    timestamptz NOT NULL,
    healthy_ms   bigint      NOT NULL,
    degraded_ms  bigint      NOT NULL,
    unhealthy_ms bigint      NOT NULL,
    PRIMARY KEY (resolution, starts_at, check_name),
    CONSTRAINT health_history_resolution_check CHECK (resolution IN ('sample', 'minute', 'hour')),
    CONSTRAINT health_history_check_name_check CHECK (length(check_name) BETWEEN 1 AND 100),
    CONSTRAINT health_history_time_check CHECK (least(healthy_ms, degraded_ms, unhealthy_ms) >= 0)
);
GRANT SELECT, INSERT, DELETE ON health_history TO health_aggregator;
GRANT UPDATE (healthy_ms, degraded_ms, unhealthy_ms) ON health_history TO health_aggregator;

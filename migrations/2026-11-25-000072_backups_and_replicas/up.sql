-- What came of each backup and of each trial of restoring one. The owner's backup script writes it.
CREATE TABLE backup_reports (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    succeeded   boolean     NOT NULL,
    bytes       bigint,
    detail      text,
    CONSTRAINT backup_reports_kind_check CHECK (kind IN ('backup', 'restore_drill')),
    CONSTRAINT backup_reports_bytes_check CHECK (bytes >= 0),
    CONSTRAINT backup_reports_detail_check CHECK (length(detail) <= 2000)
);
CREATE INDEX backup_reports_finished_idx ON backup_reports (kind, finished_at DESC);
GRANT SELECT ON backup_reports TO health_aggregator;

-- How far the replicas are behind. pg_stat_replication shows that only to who may read every session's statistics, queries
-- included; the health aggregator may not, and asks this function of the owner's. Where the owner can't be given the right
-- here (PostgreSQL 16 and later), a superuser gives it: GRANT pg_read_all_stats TO <owner>.
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') THEN
        EXECUTE format('GRANT pg_read_all_stats TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE WARNING 'replicas can not be watched: grant pg_read_all_stats to %', current_user;
    -- Roles belong to the cluster: another database of it may give the same right at the same time.
    WHEN unique_violation OR internal_error THEN NULL;
END
$$;
CREATE FUNCTION replicas() RETURNS TABLE (replica text, lag_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    -- One that has nothing to replay has no lag to show.
    SELECT application_name, coalesce(extract(epoch FROM replay_lag), 0)::double precision
    FROM pg_stat_replication WHERE state = 'streaming' ORDER BY application_name
$$;
REVOKE ALL ON FUNCTION replicas() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replicas() TO health_aggregator;

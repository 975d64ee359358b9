-- What was proposed and what ended from $1 to $2, in all, by type and by the council that answers for the domain. What
-- several councils answer for is counted for each. Two ranges of two indexes, however many workflows there are.
WITH touched AS (
    SELECT id, workflow_type, domain, status, created_at, started_at, finished_at, weekly_savings
    FROM workflows WHERE created_at >= $1 AND created_at < $2
    UNION
    SELECT id, workflow_type, domain, status, created_at, started_at, finished_at, weekly_savings
    FROM workflows WHERE finished_at >= $1 AND finished_at < $2
), grouped AS (
    SELECT 'total' AS kind, NULL AS name, t.* FROM touched t
    UNION ALL
    SELECT 'type', t.workflow_type, t.* FROM touched t
    UNION ALL
    SELECT 'council', COALESCE(d.council_id, (SELECT c.id FROM councils c WHERE c.is_default)), t.*
    FROM touched t LEFT JOIN council_domains d ON d.domain = t.domain
), timed AS (
    SELECT g.*, g.created_at >= $1 AND g.created_at < $2 AS is_new,
        CASE WHEN g.finished_at >= $1 AND g.finished_at < $2 THEN g.status END AS ended,
        EXTRACT(epoch FROM g.finished_at - g.started_at)::float8 AS seconds
    FROM grouped g
)
SELECT kind, name,
    count(*) FILTER (WHERE is_new) AS proposed,
    count(*) FILTER (WHERE ended = 'completed') AS completed,
    count(*) FILTER (WHERE ended = 'failed') AS failed,
    count(*) FILTER (WHERE ended = 'rejected') AS rejected,
    count(*) FILTER (WHERE ended = 'expired') AS expired,
    count(*) FILTER (WHERE ended = 'cancelled') AS cancelled,
    COALESCE(sum(weekly_savings) FILTER (WHERE ended = 'completed'), 0) AS weekly_savings,
    avg(seconds) FILTER (WHERE ended = 'completed') AS mean_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE ended = 'completed') AS p95_seconds
FROM timed GROUP BY kind, name ORDER BY kind, name NULLS LAST

-- What was proposed and what ended from $1 to $2, in all, by type and by the council that answers for the domain. What
-- several councils answer for is counted for each. Two ranges of two indexes, however many workflows there are; they are counted
-- once by type and domain, of which there are few, and only times are sorted three times.
WITH touched AS MATERIALIZED (
    SELECT workflow_type, domain, weekly_savings, created_at >= $1 AND created_at < $2 AS is_new,
        CASE WHEN finished_at >= $1 AND finished_at < $2 THEN status END AS ended,
        EXTRACT(epoch FROM finished_at - started_at)::float8 AS seconds
    FROM workflows WHERE created_at >= $1 AND created_at < $2
    UNION ALL
    SELECT workflow_type, domain, weekly_savings, false, status, EXTRACT(epoch FROM finished_at - started_at)::float8
    FROM workflows WHERE finished_at >= $1 AND finished_at < $2 AND NOT (created_at >= $1 AND created_at < $2)
), counted AS (
    SELECT workflow_type, domain,
        count(*) FILTER (WHERE is_new) AS proposed,
        count(*) FILTER (WHERE ended = 'completed') AS completed,
        count(*) FILTER (WHERE ended = 'failed') AS failed,
        count(*) FILTER (WHERE ended = 'rejected') AS rejected,
        count(*) FILTER (WHERE ended = 'expired') AS expired,
        count(*) FILTER (WHERE ended = 'cancelled') AS cancelled,
        sum(weekly_savings) FILTER (WHERE ended = 'completed') AS weekly_savings,
        sum(seconds) FILTER (WHERE ended = 'completed') AS seconds,
        count(seconds) FILTER (WHERE ended = 'completed') AS timed
    FROM touched GROUP BY workflow_type, domain
), answering AS (
    SELECT t.domain, COALESCE(d.council_id, (SELECT id FROM councils WHERE is_default)) AS council_id
    FROM (SELECT DISTINCT domain FROM counted) t LEFT JOIN council_domains d ON d.domain = t.domain
), grouped AS (
    SELECT 'total' AS kind, NULL AS name, c.* FROM counted c
    UNION ALL
    SELECT 'type', c.workflow_type, c.* FROM counted c
    UNION ALL
    SELECT 'council', a.council_id, c.* FROM counted c JOIN answering a ON a.domain = c.domain
), times AS (
    SELECT workflow_type, domain, seconds FROM touched WHERE ended = 'completed'
), slow AS (
    SELECT 'total' AS kind, NULL AS name, percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95_seconds FROM times
    UNION ALL
    SELECT 'type', workflow_type, percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) FROM times GROUP BY workflow_type
    UNION ALL
    SELECT 'council', a.council_id, percentile_cont(0.95) WITHIN GROUP (ORDER BY t.seconds)
    FROM times t JOIN answering a ON a.domain = t.domain GROUP BY a.council_id
)
SELECT g.kind, g.name,
    sum(g.proposed)::bigint AS proposed,
    sum(g.completed)::bigint AS completed,
    sum(g.failed)::bigint AS failed,
    sum(g.rejected)::bigint AS rejected,
    sum(g.expired)::bigint AS expired,
    sum(g.cancelled)::bigint AS cancelled,
    COALESCE(sum(g.weekly_savings), 0) AS weekly_savings,
    sum(g.seconds) / NULLIF(sum(g.timed), 0)::float8 AS mean_seconds,
    s.p95_seconds
FROM grouped g LEFT JOIN slow s ON s.kind = g.kind AND s.name IS NOT DISTINCT FROM g.name
GROUP BY g.kind, g.name, s.p95_seconds ORDER BY g.kind, g.name NULLS LAST

//! How much ran, and how long it took.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Nullable, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Result;

/// A median and what all but a twentieth stay below, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Seconds {
    /// The median.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
}

impl Seconds {
    fn of(percentiles: Option<Vec<Option<f64>>>) -> Option<Self> {
        match percentiles?.as_slice() {
            [Some(p50), Some(p95)] => Some(Self { p50: *p50, p95: *p95 }),
            _ => None,
        }
    }
}

/// The runs that ended in a stretch of time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Bucket {
    /// Where the stretch begins.
    pub at: DateTime<Utc>,
    /// So many completed.
    pub completed: i64,
    /// So many failed for good.
    pub failed: i64,
    /// How long they waited from the decision that let them run (a cooling-off period is a part of it) until a worker
    /// first had them; without those that their councils voted on again, since.
    pub wait_seconds: Option<Seconds>,
    /// How long they took from then until their end, waits between steps and retries included.
    pub run_seconds: Option<Seconds>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    completed: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
    #[diesel(sql_type = Nullable<Array<Nullable<Double>>>)]
    wait: Option<Vec<Option<f64>>>,
    #[diesel(sql_type = Nullable<Array<Nullable<Double>>>)]
    run: Option<Vec<Option<f64>>>,
}

/// The last `count` stretches of `seconds` each, the oldest first and the running one last; those in which nothing ended
/// are among them. It reads every run that ended in them, by the index on their ends.
pub async fn throughput(connection: &mut AsyncPgConnection, seconds: i64, count: i64) -> Result<Vec<Bucket>> {
    // The runs are read by one range of the index and put into their stretches afterwards: PostgreSQL has no idea of how many a
    // range beside another row holds, and plans for millions.
    const ENDED: &str = "
        WITH stretches AS (
            SELECT date_bin($1 * interval '1 second', now(), timestamptz 'epoch') - n * $1 * interval '1 second' AS at
            FROM generate_series($2 - 1, 0, -1) n
        ), ended AS MATERIALIZED (
            SELECT date_bin($1 * interval '1 second', finished_at, timestamptz 'epoch') AS at, status,
                finished_at, started_at, COALESCE(decided_at, created_at) AS decided_at
            FROM workflows
            WHERE finished_at >= date_bin($1 * interval '1 second', now(), timestamptz 'epoch')
                    - ($2 - 1) * $1 * interval '1 second'
              AND status IN ('completed', 'failed')
        )
        SELECT b.at,
            count(*) FILTER (WHERE w.status = 'completed') AS completed,
            count(*) FILTER (WHERE w.status = 'failed') AS failed,
            percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
                ORDER BY extract(epoch FROM w.started_at - w.decided_at)::float8)
                -- Councils that voted again did so later.
                FILTER (WHERE w.started_at >= w.decided_at) AS wait,
            percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
                ORDER BY extract(epoch FROM w.finished_at - w.started_at)::float8) AS run
        FROM stretches b LEFT JOIN ended w USING (at)
        GROUP BY b.at ORDER BY b.at";
    let rows: Vec<Row> =
        diesel::sql_query(ENDED).bind::<BigInt, _>(seconds).bind::<BigInt, _>(count).load(connection).await?;
    let bucket = |row: Row| Bucket {
        at: row.at,
        completed: row.completed,
        failed: row.failed,
        wait_seconds: Seconds::of(row.wait),
        run_seconds: Seconds::of(row.run),
    };
    Ok(rows.into_iter().map(bucket).collect())
}

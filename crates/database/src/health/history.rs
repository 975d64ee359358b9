//! What was measured: samples of ten seconds, and the minutes and hours that they add up to.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::buckets::{Bucket, Resolution, Tally, downsample};
use crate::error::Result;
use crate::schema::health_history;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    check_name: String,
    #[diesel(sql_type = Timestamptz)]
    starts_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    healthy_ms: i64,
    #[diesel(sql_type = BigInt)]
    degraded_ms: i64,
    #[diesel(sql_type = BigInt)]
    unhealthy_ms: i64,
}

impl From<Row> for Bucket {
    fn from(row: Row) -> Self {
        let Row { check_name: check, starts_at, healthy_ms, degraded_ms, unhealthy_ms } = row;
        Self { check, starts_at, tally: Tally { healthy_ms, degraded_ms, unhealthy_ms } }
    }
}

/// Writes samples, and adds those that were not there yet to their minutes and hours: each counts once, whoever writes it
/// and however often. Returns how many were new.
pub async fn record(connection: &mut AsyncPgConnection, samples: &[Bucket]) -> Result<usize> {
    connection
        .transaction(async |connection| {
            let rows: Vec<Row> =
                insert(connection, Resolution::Sample, samples, "DO NOTHING RETURNING health_history.*").await?;
            let new: Vec<Bucket> = rows.into_iter().map(Bucket::from).collect();
            for resolution in [Resolution::Minute, Resolution::Hour] {
                let add = "DO UPDATE SET healthy_ms = health_history.healthy_ms + excluded.healthy_ms,
                        degraded_ms = health_history.degraded_ms + excluded.degraded_ms,
                        unhealthy_ms = health_history.unhealthy_ms + excluded.unhealthy_ms
                    RETURNING health_history.*";
                insert(connection, resolution, &downsample(&new, resolution), add).await?;
            }
            Ok(new.len())
        })
        .await
}

async fn insert(
    connection: &mut AsyncPgConnection,
    resolution: Resolution,
    buckets: &[Bucket],
    on_conflict: &str,
) -> Result<Vec<Row>> {
    let column = |value: fn(&Bucket) -> i64| buckets.iter().map(value).collect::<Vec<_>>();
    let query = format!(
        "INSERT INTO health_history (resolution, check_name, starts_at, healthy_ms, degraded_ms, unhealthy_ms)
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6)
         ON CONFLICT (resolution, starts_at, check_name) {on_conflict}"
    );
    let rows = diesel::sql_query(query)
        .bind::<Text, _>(resolution)
        .bind::<Array<Text>, _>(buckets.iter().map(|bucket| &bucket.check).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(buckets.iter().map(|bucket| bucket.starts_at).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(column(|bucket| bucket.tally.healthy_ms))
        .bind::<Array<BigInt>, _>(column(|bucket| bucket.tally.degraded_ms))
        .bind::<Array<BigInt>, _>(column(|bucket| bucket.tally.unhealthy_ms))
        .load(connection)
        .await?;
    Ok(rows)
}

/// Deletes what is older than it is kept, by the given time.
pub async fn forget(connection: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let mut forgotten = 0;
    for resolution in [Resolution::Sample, Resolution::Minute, Resolution::Hour] {
        let old = health_history::table
            .filter(health_history::resolution.eq(resolution))
            .filter(health_history::starts_at.lt(now - resolution.kept()));
        forgotten += diesel::delete(old).execute(connection).await?;
    }
    Ok(forgotten)
}

/// How each part was since a time, in one sum: from the finest spans that are kept for so long.
pub async fn since(
    connection: &mut AsyncPgConnection,
    now: DateTime<Utc>,
    time: TimeDelta,
) -> Result<Vec<(String, Tally)>> {
    let resolution = if time <= TimeDelta::days(1) { Resolution::Minute } else { Resolution::Hour };
    let rows = sums(connection, resolution, "'epoch'::timestamptz", now - time).await?;
    Ok(rows.into_iter().map(|row| (row.check_name.clone(), Bucket::from(row).tally)).collect())
}

/// How each part was on each of the last days, of UTC.
pub async fn days(connection: &mut AsyncPgConnection, first: DateTime<Utc>) -> Result<Vec<Bucket>> {
    let rows = sums(connection, Resolution::Hour, "date_trunc('day', starts_at, 'UTC')", first).await?;
    Ok(rows.into_iter().map(Bucket::from).collect())
}

async fn sums(
    connection: &mut AsyncPgConnection,
    resolution: Resolution,
    group: &str,
    from: DateTime<Utc>,
) -> Result<Vec<Row>> {
    let query = format!(
        "SELECT check_name, {group} AS starts_at, sum(healthy_ms)::bigint AS healthy_ms,
                sum(degraded_ms)::bigint AS degraded_ms, sum(unhealthy_ms)::bigint AS unhealthy_ms
         FROM health_history WHERE resolution = $1 AND starts_at >= $2 GROUP BY 1, 2 ORDER BY 2, 1"
    );
    let query = diesel::sql_query(query).bind::<Text, _>(resolution).bind::<Timestamptz, _>(from);
    Ok(query.load(connection).await?)
}

//! Deletes what is kept no longer.

use chrono::{DateTime, TimeDelta, Utc};
use database::cleanup::{self, Batch, Rows};
use database::{Pool, Result, clock};
use governance::steps::{Cleanup, prepare};
use serde_json::json;

use super::{Attempt, Call, StepError};

/// How many rows one transaction deletes: few enough that nobody waits for its locks.
const BATCH: u16 = 2000;

/// Counts or deletes, batch after batch. Whatever ends it in between, the next attempt goes on with what is left.
pub async fn run(call: Call<'_>, pool: &Pool) -> Attempt {
    let (cleanup, digest) = match prepare::<Cleanup>(call.with, call.scope) {
        Ok(prepared) => prepared,
        Err(message) => return Attempt::unsendable(&call, message),
    };
    match clean(&call, &cleanup, pool).await {
        Ok((before, rows)) => {
            let done = if cleanup.dry_run { "would be cleared" } else { "cleared" };
            let log = rows.iter().map(|(table, count)| format!("{table}: {count} {done}")).collect();
            let output = json!({"dry_run": cleanup.dry_run, "before": before, "rows": rows});
            Attempt { log, ..Attempt::made(digest, output) }
        }
        Err(error) => Attempt::new(digest, Err(StepError::backoff(error.to_string()))),
    }
}

async fn clean(call: &Call<'_>, cleanup: &Cleanup, pool: &Pool) -> Result<(DateTime<Utc>, Rows)> {
    let before = clock::now(&mut *pool.get().await?).await? - TimeDelta::days(cleanup.older_than_days.into());
    let mut rows = Rows::new();
    for what in &cleanup.what {
        if cleanup.dry_run {
            rows.extend(cleanup::count(&mut *pool.get().await?, *what, before).await?);
            continue;
        }
        let mut place = None;
        // A connection of its own for each: others get theirs in between.
        while let Batch::More(next) =
            cleanup::delete(&mut *pool.get().await?, call.run, *what, before, place, BATCH).await?
        {
            place = next;
        }
    }
    if !cleanup.dry_run {
        rows = cleanup::deleted(&mut *pool.get().await?, call.run).await?;
    }
    Ok((before, rows))
}

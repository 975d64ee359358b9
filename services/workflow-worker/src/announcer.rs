//! Tells people and programs what happened.

use std::time::Duration;

use common::telemetry::chain;
use database::Pool;
use database::announcements::announce;
use tokio_util::sync::CancellationToken;

/// How often the timeline is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How many events are announced at a time.
const BATCH: u16 = 200;

/// Announces until it is stopped. Any number may run: one at a time has the turn.
pub async fn run(pool: Pool, api_origin: String, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match announce_batch(&pool, &api_origin).await {
            // A full batch: there is more.
            Ok(announced) if announced == usize::from(BATCH) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = chain(&error), "nothing can be announced now"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn announce_batch(pool: &Pool, api_origin: &str) -> database::Result<usize> {
    announce(&mut *pool.get().await?, api_origin, i64::from(BATCH)).await
}

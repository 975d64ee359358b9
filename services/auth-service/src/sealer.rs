//! Links the record's new rows to its chain, all the time.

use std::time::Duration;

use database::{Pool, audit};
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_millis(500);
const BATCH: u16 = 1000;

/// Seals until it is stopped. Any number of instances may run: one works at a time.
pub async fn run(pool: Pool, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match seal(&pool).await {
            // A full batch: there is more.
            Ok(sealed) if sealed == usize::from(BATCH) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!("the audit log can't be sealed now: {error}"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn seal(pool: &Pool) -> database::Result<usize> {
    audit::seal(&mut *pool.get().await?, BATCH).await
}

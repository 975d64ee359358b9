//! Clears away what nobody needs any more: ended refresh tokens, old failures, spent revocations and e-mailed tokens.

use std::time::Duration;

use common::telemetry::chain;
use database::{Pool, identity};
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_mins(10);

/// Clears away until it is stopped. Any number of instances may run.
pub async fn run(pool: Pool, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = clear(&pool).await {
            tracing::warn!(error = chain(&error), "old rows can't be cleared away now");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn clear(pool: &Pool) -> database::Result<()> {
    let cleared = identity::clear_expired(&mut *pool.get().await?).await?;
    tracing::debug!("{cleared} old rows were cleared away");
    Ok(())
}

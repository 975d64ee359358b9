//! What has to happen without anybody asking for it.

use std::time::{Duration, Instant};

use database::execution::{promote_cooled_off, recover, redispatch_due};
use database::governance::close_reviews::close_due_reviews;
use database::{Pool, Result, clock, idempotency, webhooks};
use queue::Queue;
use tokio_util::sync::CancellationToken;

use crate::metrics::RunMetrics;

const PAUSE: Duration = Duration::from_millis(500);
const BATCH: u16 = 500;

/// Looks after everything that is due, until it is stopped. Any number may run.
pub async fn run(pool: Pool, queue: Queue, silence: Duration, metrics: RunMetrics, stop: CancellationToken) {
    let mut reconciled = Instant::now();
    while !stop.is_cancelled() {
        let reconcile = reconciled.elapsed() >= silence;
        match tend(&pool, reconcile.then_some(silence)).await {
            Ok(()) if reconcile => reconciled = Instant::now(),
            Ok(()) => {}
            Err(error) => tracing::warn!("maintenance can't be done now: {error}"),
        }
        match queue.waiting().await {
            Ok(length) => metrics.set_queue_length(length),
            Err(error) => tracing::warn!("the queue's length can't be read now: {error}"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn tend(pool: &Pool, reconcile: Option<Duration>) -> Result<()> {
    let mut connection = pool.get().await?;
    close_due_reviews(&mut connection, BATCH).await?;
    promote_cooled_off(&mut connection, BATCH).await?;
    redispatch_due(&mut connection, BATCH).await?;
    if let Some(silence) = reconcile {
        let since = clock::now(&mut connection).await? - silence;
        let sent_again = recover(&mut connection, since, BATCH).await?;
        if sent_again > 0 {
            tracing::info!(sent_again, "workflows that nobody had touched were sent to the workers again");
        }
    }
    // Last: what has to move never waits for what may be thrown away.
    idempotency::clear_expired(&mut connection, BATCH).await?;
    webhooks::sending::clear_old(&mut connection, BATCH).await?;
    Ok(())
}

/// Sends everything that no live lease covers to the workers again: Redis has lost it.
pub async fn recover_all(pool: &Pool) -> Result<()> {
    let mut connection = pool.get().await?;
    let (since, mut total) = (clock::now(&mut connection).await?, 0);
    loop {
        let sent_again = recover(&mut connection, since, BATCH).await?;
        total += sent_again;
        if sent_again < usize::from(BATCH) {
            break;
        }
    }
    if total > 0 {
        tracing::warn!(sent_again = total, "redis lost its data; what it held was sent again");
    }
    Ok(())
}

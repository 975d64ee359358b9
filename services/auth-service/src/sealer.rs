//! Links the record's new rows to its chain, all the time, and signs how far it has come.

use std::time::{Duration, Instant};

use common::problem::Problem;
use common::telemetry::chain;
use database::audit::CheckpointKey;
use database::{Pool, audit};
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_millis(500);
const BATCH: u16 = 1000;
/// How often a checkpoint is signed while the record grows.
const CHECKPOINT: Duration = Duration::from_mins(1);

/// Seals until it is stopped. Any number of instances may run: one works at a time.
pub async fn run(pool: Pool, key: Option<CheckpointKey>, stop: CancellationToken) {
    let mut signed_at: Option<Instant> = None;
    while !stop.is_cancelled() {
        match seal(&pool).await {
            // A full batch: there is more.
            Ok(sealed) if sealed == usize::from(BATCH) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(error = chain(&error), "the audit log can't be sealed now"),
        }
        if let Some(key) = &key
            && signed_at.is_none_or(|at| at.elapsed() >= CHECKPOINT)
        {
            match sign(&pool, key).await {
                Ok(()) => signed_at = Some(Instant::now()),
                Err(error) => tracing::warn!(error = chain(&error), "no checkpoint of the audit log can be signed now"),
            }
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

/// Signs checkpoints until every link is signed for, and writes them to the log, too: there they are out of reach of who
/// can rewrite the database.
pub async fn sign(pool: &Pool, key: &CheckpointKey) -> database::Result<()> {
    let mut connection = pool.get().await?;
    while let Some(checkpoint) = audit::sign_next(&mut connection, key).await? {
        let checkpoint = serde_json::to_string(&checkpoint).map_err(Problem::internal)?;
        tracing::info!(checkpoint, "the audit log has a new checkpoint");
    }
    Ok(())
}

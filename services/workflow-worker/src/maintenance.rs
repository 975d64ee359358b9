//! What has to happen without anybody asking for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::priority::Priority;
use common::telemetry::chain;
use database::execution::{
    Backlog, failed_runs, promote_cooled_off, queues, reconcile, recover, redispatch_due, unpark,
};
use database::governance::close_reviews::close_due_reviews;
use database::{Pool, Result, idempotency, webhooks};
use queue::Queue;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::metrics::{Gauges, RunMetrics};

const PAUSE: Duration = Duration::from_millis(500);
const BATCH: u16 = 500;
/// How long the database may take for all of it.
const LIMIT: Duration = Duration::from_secs(30);
/// When an attempt that is due is looked for in PostgreSQL: until then Redis has the time to send it.
const OVERDUE: Duration = Duration::from_secs(2);
/// How often it is looked how the queues are.
const LOOK: Duration = Duration::from_secs(2);
/// What the clocks of PostgreSQL and Redis may differ by, and a relay may be late.
const SLACK: Duration = Duration::from_secs(5);
/// When a worker that is silent and has nothing in hand is forgotten.
const CONSUMER_SILENCE: Duration = Duration::from_hours(1);

/// Looks after everything that is due.
pub struct Maintenance {
    /// The database.
    pub pool: Pool,
    /// The queues.
    pub queue: Queue,
    /// How long a workflow may be untouched before it is sent to the workers again.
    pub silence: Duration,
    /// What is shown.
    pub metrics: RunMetrics,
    /// Tells the consumer which queues are paused.
    pub paused: watch::Sender<Vec<Priority>>,
    /// Is told when a place among the running ones of a type has become free.
    pub places: Arc<Notify>,
}

impl Maintenance {
    /// Goes on until it is stopped. Any number may run.
    pub async fn run(self, stop: CancellationToken) {
        let (mut reconciled, mut looked) = (Instant::now(), None::<Instant>);
        while !stop.is_cancelled() {
            match tokio::time::timeout(LIMIT, self.tend()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(error = chain(&error), "maintenance can't be done now"),
                Err(_) => tracing::warn!("maintenance can't be done now: the database does not answer"),
            }
            if looked.is_none_or(|last| last.elapsed() >= LOOK) {
                looked = Some(Instant::now());
                if let Err(error) = self.look().await {
                    tracing::warn!(error = chain(error.as_ref()), "how the queues are can't be told now");
                }
            }
            if reconciled.elapsed() >= self.silence {
                match self.reconcile(reconciled.elapsed()).await {
                    Ok(()) => reconciled = Instant::now(),
                    Err(error) => {
                        tracing::warn!(error = chain(error.as_ref()), "approvals can't be compared with runs now");
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.fill_places() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Fills places as they become free, and does nothing else for it; goes on until it is dropped.
    async fn fill_places(&self) {
        loop {
            self.places.notified().await;
            let filling = async { unpark(&mut *self.pool.get().await?, BATCH).await };
            if let Err(error) = filling.await {
                tracing::warn!(error = chain(&error), "places can't be filled now");
            }
        }
    }

    async fn tend(&self) -> Result<()> {
        let mut connection = self.pool.get().await?;
        self.paused.send_replace(queues::paused(&mut connection).await?);
        close_due_reviews(&mut connection, BATCH).await?;
        promote_cooled_off(&mut connection, BATCH).await?;
        redispatch_due(&mut connection, OVERDUE, BATCH).await?;
        unpark(&mut connection, BATCH).await?;
        // Last: what has to move never waits for what may be thrown away.
        idempotency::clear_expired(&mut connection, BATCH).await?;
        webhooks::sending::clear_old(&mut connection, BATCH).await?;
        Ok(())
    }

    /// Looks how the queues are.
    async fn look(&self) -> anyhow::Result<()> {
        let mut gauges = Gauges::default();
        for &priority in Priority::ALL {
            gauges.waiting.push((priority, self.queue.waiting(priority).await?));
        }
        (gauges.delayed, gauges.dead_entries) = (self.queue.delayed().await?, self.queue.dead().await?);
        let backlog = Backlog::read(&mut *self.pool.get().await?).await?;
        gauges.oldest_queued = backlog.oldest_queued;
        self.metrics.set_gauges(gauges);
        Ok(())
    }

    /// Sends to the workers what they have forgotten, and counts what would be lost if nobody did.
    async fn reconcile(&self, since: Duration) -> anyhow::Result<()> {
        // As long as entries wait that were sent before a workflow, it is not forgotten: the queue is long.
        let mut silence = HashMap::new();
        for &priority in Priority::ALL {
            let behind = self.queue.oldest_wait(priority).await?.map_or(Duration::ZERO, |wait| wait + SLACK);
            silence.insert(priority, self.silence.max(behind));
        }
        let silence = |priority| silence.get(&priority).copied().unwrap_or(self.silence);
        let mut connection = self.pool.get().await?;
        let mut sent_again = 0;
        for &priority in Priority::ALL {
            sent_again += recover_from(&mut connection, priority, silence(priority)).await?;
        }
        if sent_again > 0 {
            tracing::info!(sent_again, "workflows that nobody had touched were sent to the workers again");
        }
        if let Some(found) = reconcile(&mut connection, silence, since + SLACK).await? {
            if found != database::execution::Reconciliation::default() {
                tracing::error!(found.orphans, found.unapproved, "approvals and runs do not match");
            }
            self.metrics.set_reconciliation(found);
        }
        self.metrics.set_failed_runs(failed_runs(&mut connection).await?);
        Ok(self.queue.forget_consumers(CONSUMER_SILENCE).await?)
    }
}

async fn recover_from(
    connection: &mut diesel_async::AsyncPgConnection,
    priority: Priority,
    silence: Duration,
) -> Result<usize> {
    let mut total = 0;
    loop {
        let sent_again = recover(connection, priority, silence, BATCH).await?;
        total += sent_again;
        if sent_again < usize::from(BATCH) {
            return Ok(total);
        }
    }
}

/// Sends everything that no live lease covers to the workers again: Redis has lost it.
pub async fn recover_all(pool: &Pool) -> Result<()> {
    let (mut connection, mut total) = (pool.get().await?, 0);
    let begun = Instant::now();
    for &priority in Priority::ALL {
        // What was sent since then is not lost.
        total += recover_from(&mut connection, priority, begun.elapsed()).await?;
    }
    if total > 0 {
        tracing::warn!(sent_again = total, "redis lost its data; what it held was sent again");
    }
    Ok(())
}

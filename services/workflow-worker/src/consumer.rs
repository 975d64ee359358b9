//! Taking entries off the stream and running what they name.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use database::Pool;
use database::execution::{self, claim};
use database::outbox::Dispatch;
use queue::{Consumer, Entry, Error, Queue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::executor::{Ending, Executor};
use crate::maintenance::recover_all;
use crate::settings::EngineSettings;

/// How long a read waits for entries.
const WAIT: Duration = Duration::from_secs(1);
/// How long running workflows get after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(20);
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// One worker: it takes entries and runs what they name.
#[derive(Clone)]
pub struct Worker {
    /// Names it among the workers.
    name: String,
    pool: Pool,
    queue: Queue,
    executor: Executor,
    settings: EngineSettings,
    consuming: Arc<AtomicBool>,
    /// Hands running workflows over to other workers.
    hand_over: CancellationToken,
}

impl Worker {
    /// Prepares a worker. `consuming` will tell whether it can take entries.
    pub fn new(
        name: String,
        pool: Pool,
        queue: Queue,
        executor: Executor,
        settings: EngineSettings,
        consuming: Arc<AtomicBool>,
    ) -> Self {
        Self { name, pool, queue, executor, settings, consuming, hand_over: CancellationToken::new() }
    }

    /// Works until it is stopped, then drains.
    pub async fn run(self, stop: CancellationToken) {
        let (slots, running) = (Arc::new(Semaphore::new(self.settings.concurrency)), TaskTracker::new());
        while !stop.is_cancelled() {
            if let Err(error) = self.consume(&slots, &running, &stop).await {
                self.consuming.store(false, Ordering::Relaxed);
                tracing::warn!("the stream can't be read now: {error}");
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
            }
        }
        running.close();
        if tokio::time::timeout(DRAIN, running.wait()).await.is_err() {
            self.hand_over.cancel();
            running.wait().await;
        }
    }

    /// Takes entries until it is stopped or Redis fails.
    async fn consume(
        &self,
        slots: &Arc<Semaphore>,
        running: &TaskTracker,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let mut consumer = Consumer::connect(&self.queue, &self.name, WAIT).await?;
        let mut looked_for_dead = None::<Instant>;
        while !stop.is_cancelled() {
            // No more is taken than can be run: what waits, waits in Redis, not here.
            let slot = slots.clone().acquire_owned().await?;
            let free = slots.available_permits() + 1;
            let look = looked_for_dead.is_none_or(|last| last.elapsed() >= self.settings.lease / 2);
            let taken = if look {
                looked_for_dead = Some(Instant::now());
                consumer.take_over(self.settings.lease, free).await
            } else {
                tokio::select! {
                    taken = consumer.read(free, WAIT) => taken,
                    () = stop.cancelled() => return Ok(()),
                }
            };
            let entries = match taken {
                Err(Error::GroupMissing) => {
                    consumer.ensure_group().await?;
                    recover_all(&self.pool).await?;
                    continue;
                }
                other => other?,
            };
            self.consuming.store(true, Ordering::Relaxed);
            let mut slot = Some(slot);
            for entry in entries {
                let slot = match slot.take() {
                    Some(slot) => slot,
                    None => slots.clone().acquire_owned().await?,
                };
                running.spawn(self.clone().handle(entry, slot));
            }
        }
        Ok(())
    }

    /// Deals with one entry. What can't be dealt with now stays on the stream.
    async fn handle(self, entry: Entry, _slot: OwnedSemaphorePermit) {
        if let Err(error) = self.deal_with(&entry).await {
            tracing::warn!(entry = entry.id, "an entry was left for later: {error}");
        }
    }

    async fn deal_with(&self, entry: &Entry) -> anyhow::Result<()> {
        let dispatch = entry.payload.as_deref().map(serde_json::from_str::<Dispatch>);
        let Some(Ok(dispatch)) = dispatch else {
            let reason = "the entry does not say which workflow it is for";
            tracing::error!(entry = entry.id, "{reason}");
            return Ok(self.queue.bury(entry, reason).await?);
        };
        let claimed =
            claim(&mut *self.pool.get().await?, dispatch.workflow_id, &self.name, self.settings.lease).await?;
        match claimed {
            execution::Entry::Claimed(claim) => {
                if self.executor.execute(*claim, &self.hand_over).await == Ending::Settled {
                    self.queue.done(&entry.id).await?;
                }
            }
            execution::Entry::HeldElsewhere => {}
            execution::Entry::NothingToDo => self.queue.done(&entry.id).await?,
            execution::Entry::Refused(reason) => {
                tracing::error!(entry = entry.id, workflow_id = %dispatch.workflow_id, "{reason}");
                self.queue.bury(entry, &reason).await?;
            }
        }
        Ok(())
    }
}

//! Taking entries off the streams and running what they name.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::Traceparent;
use common::ids::WorkflowId;
use common::priority::Priority;
use common::telemetry::chain;
use database::Pool;
use database::execution::{self, Versions, claim};
use database::outbox::Dispatch;
use queue::{Consumer, Entry, Error, Queue};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::executor::{Ending, Executor};
use crate::leases::Leases;
use crate::maintenance::recover_all;
use crate::settings::EngineSettings;

/// How long a read waits for entries.
const WAIT: Duration = Duration::from_secs(1);
/// How long running workflows get after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(20);
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);
/// The most that is claimed at a time.
const BATCH: usize = 256;
/// How long is waited for more slots to become free than one: many claimed together cost little more than one.
const GATHER: Duration = Duration::from_millis(5);
/// When a claim is given up: the database may hang.
const CLAIM_LIMIT: Duration = Duration::from_secs(10);
/// Every so many turns the least urgent queue is looked into first, so that none waits for ever.
const TURN_OF_THE_LAST: usize = 16;
/// How many entries may wait to be forgotten.
const DONE_WAITING: usize = 1024;

/// One worker: it takes entries and runs what they name.
#[derive(Clone)]
pub struct Worker {
    /// Names it among the workers.
    pub name: String,
    /// The database.
    pub pool: Pool,
    /// The queues.
    pub queue: Queue,
    /// What runs a claim.
    pub executor: Executor,
    /// How.
    pub settings: EngineSettings,
    /// Will tell whether it can take entries.
    pub consuming: Arc<AtomicBool>,
    /// The queues from which nothing is taken.
    pub paused: watch::Receiver<Vec<Priority>>,
    /// Is told when a place among the running ones of a type has become free.
    pub places: Arc<Notify>,
}

/// What all runs of a worker share.
struct Shared {
    /// A permit for each workflow that runs.
    slots: Arc<Semaphore>,
    leases: Leases,
    versions: Versions,
    running: TaskTracker,
    /// Entries that have been dealt with.
    done: mpsc::Sender<Entry>,
    /// Hands running workflows over to other workers.
    hand_over: CancellationToken,
}

impl Worker {
    /// Works until it is stopped, then drains.
    pub async fn run(self, stop: CancellationToken) {
        let (done, dealt_with) = mpsc::channel(DONE_WAITING);
        let shared = Arc::new(Shared {
            slots: Arc::new(Semaphore::new(self.settings.concurrency)),
            leases: Leases::new(self.settings.lease),
            versions: Versions::default(),
            running: TaskTracker::new(),
            done,
            hand_over: CancellationToken::new(),
        });
        let forgetting = tokio::spawn(forget(self.queue.clone(), dealt_with));
        let work = async {
            while !stop.is_cancelled() {
                if let Err(error) = self.consume(&shared, &stop).await {
                    self.consuming.store(false, Ordering::Relaxed);
                    tracing::warn!(error = chain(error.as_ref()), "the streams can't be read now");
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
            shared.running.close();
            if tokio::time::timeout(DRAIN, shared.running.wait()).await.is_err() {
                shared.hand_over.cancel();
                shared.running.wait().await;
            }
        };
        tokio::select! {
            () = work => {}
            () = shared.leases.keep(&self.pool) => {}
        }
        drop(shared);
        let _ = forgetting.await;
    }

    /// Takes entries until it is stopped or Redis fails.
    async fn consume(&self, shared: &Arc<Shared>, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut consumer = Consumer::connect(&self.queue, &self.name, WAIT).await?;
        let (mut looked_for_dead, mut turn) = (None::<Instant>, 0);
        while !stop.is_cancelled() {
            // No more is taken than can be run: what waits, waits in Redis, not here.
            let mut free = self.free_slots(&shared.slots).await?;
            turn += 1;
            let queues = self.open_queues(turn);
            let look = looked_for_dead.is_none_or(|last| last.elapsed() >= self.settings.lease / 2);
            let taken = if look {
                looked_for_dead = Some(Instant::now());
                consumer.take_over(self.settings.lease, free.num_permits()).await
            } else if queues.is_empty() {
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                continue;
            } else {
                tokio::select! {
                    taken = consumer.read(&queues, free.num_permits(), WAIT) => taken,
                    () = stop.cancelled() => return Ok(()),
                }
            };
            let entries = match taken {
                Err(Error::GroupMissing) => {
                    if consumer.ensure_groups().await? {
                        recover_all(&self.pool).await?;
                    }
                    continue;
                }
                other => other?,
            };
            self.consuming.store(true, Ordering::Relaxed);
            let more = entries.len().saturating_sub(free.num_permits());
            if more > 0 {
                free.merge(shared.slots.clone().acquire_many_owned(u32::try_from(more)?).await?);
            }
            if !entries.is_empty() {
                self.deal_with(shared, entries, free, stop).await?;
            }
        }
        Ok(())
    }

    /// Waits for a slot, and for a moment whether more become free.
    async fn free_slots(&self, slots: &Arc<Semaphore>) -> anyhow::Result<OwnedSemaphorePermit> {
        let mut free = slots.clone().acquire_owned().await?;
        let (worthwhile, since) = (self.settings.concurrency / 4, Instant::now());
        while slots.available_permits() < worthwhile && since.elapsed() < GATHER {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let more = slots.available_permits().min(BATCH - 1);
        if let Ok(more) = slots.clone().try_acquire_many_owned(u32::try_from(more)?) {
            free.merge(more);
        }
        Ok(free)
    }

    /// The queues to read, in the order in which they have their turn.
    fn open_queues(&self, turn: usize) -> Vec<Priority> {
        let paused = self.paused.borrow();
        let mut open: Vec<_> = Priority::ALL.iter().copied().filter(|queue| !paused.contains(queue)).collect();
        if turn.is_multiple_of(TURN_OF_THE_LAST) {
            open.reverse();
        }
        open
    }

    /// Claims what entries name, and runs what could be claimed.
    async fn deal_with(
        &self,
        shared: &Arc<Shared>,
        entries: Vec<Entry>,
        mut slots: OwnedSemaphorePermit,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let mut named: HashMap<WorkflowId, (Entry, Option<Traceparent>)> = HashMap::new();
        for entry in entries {
            let dispatch = entry.payload.as_deref().map(serde_json::from_str::<Dispatch>);
            let Some(Ok(dispatch)) = dispatch else {
                self.bury(&entry, "the entry does not say which workflow it is for").await?;
                continue;
            };
            // Sent twice: one of them is enough.
            let sent_by = dispatch.traceparent.and_then(|text| text.parse().ok());
            if let Some((twin, _)) = named.insert(dispatch.workflow_id, (entry, sent_by)) {
                shared.done.send(twin).await?;
            }
        }
        let ids: Vec<_> = named.keys().copied().collect();
        let asked = Instant::now();
        let Some(claimed) = self.claim(shared, &ids, stop).await else { return Ok(()) };
        for (id, answer) in claimed {
            let Some((entry, sent_by)) = named.remove(&id) else { continue };
            match answer {
                execution::Entry::Claimed(mut claim) => {
                    claim.is_sent_by(sent_by);
                    let Some(slot) = slots.split(1) else { continue };
                    let lease = shared.leases.hold(&claim.run, asked);
                    let run = self.clone().run_claim(shared.clone(), *claim, lease, entry, slot);
                    shared.running.spawn(run);
                }
                // Whatever Redis says to it: the others are claimed, and have to be run.
                other => {
                    if let Err(error) = self.put_away(shared, entry, other).await {
                        tracing::warn!(error = chain(error.as_ref()), "an entry was left for later");
                    }
                }
            }
        }
        Ok(())
    }

    /// Does with an entry what the answer to it asks for, when it is not ours to run.
    async fn put_away(&self, shared: &Shared, entry: Entry, answer: execution::Entry) -> anyhow::Result<()> {
        match answer {
            execution::Entry::Claimed(_) | execution::Entry::HeldElsewhere => {}
            execution::Entry::NothingToDo => shared.done.send(entry).await?,
            execution::Entry::NotDue(early) => {
                let payload = entry.payload.as_deref().unwrap_or_default();
                self.queue.delay(entry.priority, payload, early).await?;
                shared.done.send(entry).await?;
            }
            execution::Entry::Refused(reason) => self.bury(&entry, &reason).await?,
        }
        Ok(())
    }

    /// Asks for as long as it takes: what was taken off the streams has to be dealt with, and as long as the database is
    /// silent there is nothing else to do.
    async fn claim(
        &self,
        shared: &Shared,
        ids: &[WorkflowId],
        stop: &CancellationToken,
    ) -> Option<std::collections::BTreeMap<WorkflowId, execution::Entry>> {
        loop {
            let asking = async {
                let mut connection = self.pool.get().await?;
                claim(&mut connection, &shared.versions, ids, &self.name, self.settings.lease).await
            };
            match tokio::time::timeout(CLAIM_LIMIT, asking).await {
                Ok(Ok(claimed)) => return Some(claimed),
                Ok(Err(error)) => tracing::warn!(error = chain(&error), "workflows can't be claimed now"),
                Err(_) => tracing::warn!("workflows can't be claimed now: the database does not answer"),
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(PAUSE_AFTER_ERROR) => {}
            }
        }
    }

    async fn run_claim(
        self,
        shared: Arc<Shared>,
        claim: execution::Claim,
        lease: crate::leases::Lease,
        entry: Entry,
        slot: OwnedSemaphorePermit,
    ) {
        let (priority, is_limited) = (claim.priority, claim.is_limited);
        let ending = self.executor.execute(claim, &lease.lost, &shared.hand_over).await;
        drop((slot, lease));
        if is_limited {
            self.places.notify_one();
        }
        if let Ending::Waits(time) = ending {
            let payload = entry.payload.as_deref().unwrap_or_default();
            if let Err(error) = self.queue.delay(priority, payload, time).await {
                tracing::warn!(error = chain(&error), "redis does not know of a later attempt, postgresql does");
            }
        }
        // What was abandoned stays on the stream, for whoever claims the workflow next.
        if ending != Ending::Abandoned {
            let _ = shared.done.send(entry).await;
        }
    }

    async fn bury(&self, entry: &Entry, reason: &str) -> queue::Result<()> {
        tracing::error!(entry = entry.id, queue = entry.priority.as_str(), "{reason}");
        self.queue.bury(entry, reason).await
    }
}

/// Forgets entries that have been dealt with, many at a time. One that is not forgotten is found to be so later.
async fn forget(queue: Queue, mut done: mpsc::Receiver<Entry>) {
    let mut entries = Vec::new();
    while done.recv_many(&mut entries, DONE_WAITING).await > 0 {
        if let Err(error) = queue.done(&entries).await {
            tracing::warn!(error = chain(&error), "entries that were dealt with can't be forgotten now");
        }
        entries.clear();
    }
}

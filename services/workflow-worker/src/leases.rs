//! Keeps the leases of all runs of this worker, and tells those that have lost theirs.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use common::ids::WorkflowId;
use common::telemetry::chain;
use database::execution::{Run, renew, still_held};
use database::{Pool, Result};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether runs were cancelled.
const LOOK: Duration = Duration::from_secs(1);

/// The leases of this worker. Cheap to clone.
#[derive(Clone)]
pub struct Leases {
    lease: Duration,
    held: Arc<Mutex<HashMap<WorkflowId, Held>>>,
}

struct Held {
    run: Run,
    /// By our own clock, from before the claim or the renewal was asked for: never later than by the database's.
    until: Instant,
    lost: CancellationToken,
}

/// A run's lease, for as long as the run takes.
pub struct Lease {
    leases: Leases,
    run: Run,
    /// Cancelled when the lease is lost: another worker has the workflow, it was cancelled, or time has run out.
    pub lost: CancellationToken,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = self.leases.held();
        // By its fence: the same worker may have claimed the workflow again.
        if held.get(&self.run.id).is_some_and(|other| other.run.fence == self.run.fence) {
            held.remove(&self.run.id);
        }
    }
}

impl Leases {
    /// Prepares to keep leases of this length.
    pub fn new(lease: Duration) -> Self {
        Self { lease, held: Arc::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<WorkflowId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the lease of a run that was asked for at this time.
    pub fn hold(&self, run: &Run, asked: Instant) -> Lease {
        let lost = CancellationToken::new();
        let held = Held { run: run.clone(), until: asked + self.lease, lost: lost.clone() };
        if let Some(earlier) = self.held().insert(run.id, held) {
            earlier.lost.cancel();
        }
        Lease { leases: self.clone(), run: run.clone(), lost }
    }

    /// Keeps them until the future is dropped.
    pub async fn keep(&self, pool: &Pool) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(LOOK.min(self.lease / 3)).await;
            let now = Instant::now();
            let runs: Vec<Run> = self.held().values().map(|held| held.run.clone()).collect();
            let is_due = now.duration_since(renewed) >= self.lease / 3;
            if is_due {
                renewed = now;
            }
            if runs.is_empty() {
                continue;
            }
            match tokio::time::timeout(self.lease / 3, self.look(pool, &runs, is_due)).await {
                Ok(Ok(kept)) => self.settle(&runs, &kept, is_due.then_some(now + self.lease)),
                Ok(Err(error)) => tracing::warn!(error = chain(&error), "leases can't be renewed now"),
                Err(_) => tracing::warn!("leases can't be renewed now: the database does not answer"),
            }
            self.drop_ended();
        }
    }

    async fn look(&self, pool: &Pool, runs: &[Run], renewing: bool) -> Result<HashSet<WorkflowId>> {
        let mut connection = pool.get().await?;
        let kept = if renewing {
            renew(&mut connection, runs, self.lease).await?
        } else {
            still_held(&mut connection, runs).await?
        };
        Ok(kept.into_iter().collect())
    }

    /// `runs` were asked about: of those not `kept` the lease is lost.
    fn settle(&self, runs: &[Run], kept: &HashSet<WorkflowId>, until: Option<Instant>) {
        let mut held = self.held();
        for run in runs {
            match held.get_mut(&run.id) {
                Some(same) if same.run.fence == run.fence && kept.contains(&run.id) => {
                    same.until = until.unwrap_or(same.until);
                }
                // It may as well have ended by itself since it was asked about: then nobody listens.
                Some(same) if same.run.fence == run.fence => same.lost.cancel(),
                _ => {}
            }
        }
    }

    /// What could not be renewed in time is lost, whether the database says so or is silent.
    fn drop_ended(&self) {
        let now = Instant::now();
        for held in self.held().values() {
            if held.until <= now && !held.lost.is_cancelled() {
                tracing::error!(workflow_id = %held.run.id, "the lease ran out");
                held.lost.cancel();
            }
        }
    }
}

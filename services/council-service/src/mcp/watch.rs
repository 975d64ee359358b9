//! Waiting for workflows to move on.
//!
//! However many calls wait, the database is asked once for all of them, and not at all while nobody waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use common::ids::{AgentId, WorkflowId};
use common::problem::Problem;
use database::Pool;
use database::governance::workflows;
use governance::workflow::WorkflowStatus;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a change may go unnoticed.
const INTERVAL: Duration = Duration::from_millis(500);
/// How many calls of one agent may wait in this process.
const MAX_WAITS: usize = 32;

/// The workflows that somebody waits for.
pub struct Watch {
    pool: Pool,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    statuses: HashMap<WorkflowId, watch::Sender<Option<WorkflowStatus>>>,
    waits: HashMap<AgentId, usize>,
    reader: Option<JoinHandle<()>>,
}

/// One call that waits.
pub struct Waiter {
    watch: Arc<Watch>,
    agent: AgentId,
    status: watch::Receiver<Option<WorkflowStatus>>,
}

impl Watch {
    /// Nobody waits yet.
    pub fn new(pool: Pool) -> Self {
        Self { pool, waiting: Mutex::default() }
    }

    /// Begins to wait for a workflow.
    pub fn begin(self: &Arc<Self>, agent: AgentId, workflow: WorkflowId) -> Result<Waiter, Problem> {
        let mut waiting = self.lock();
        let waits = waiting.waits.entry(agent).or_default();
        if *waits >= MAX_WAITS {
            let message = format!("{MAX_WAITS} of your calls are waiting: ask get_workflow from time to time instead");
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_waits", message));
        }
        *waits += 1;
        let status = waiting.statuses.entry(workflow).or_insert_with(|| watch::channel(None).0).subscribe();
        // It ends when nobody waits, and with the thread that it runs on.
        if waiting.reader.as_ref().is_none_or(JoinHandle::is_finished) {
            waiting.reader = Some(tokio::spawn(Arc::clone(self).read()));
        }
        Ok(Waiter { watch: Arc::clone(self), agent, status })
    }

    async fn read(self: Arc<Self>) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Some(ids) = self.watched() else { return };
            match self.ask(&ids).await {
                Ok(found) => self.tell(&found),
                Err(problem) => tracing::warn!("the workflows that agents wait for could not be read: {problem}"),
            }
        }
    }

    /// What somebody still waits for; none ends the reader.
    fn watched(&self) -> Option<Vec<WorkflowId>> {
        let mut waiting = self.lock();
        waiting.statuses.retain(|_, status| status.receiver_count() > 0);
        if waiting.statuses.is_empty() {
            waiting.reader = None;
            return None;
        }
        Some(waiting.statuses.keys().copied().collect())
    }

    async fn ask(&self, ids: &[WorkflowId]) -> Result<Vec<(WorkflowId, WorkflowStatus)>, Problem> {
        let mut connection = self.pool.get().await?;
        Ok(workflows::statuses(&mut connection, ids).await?)
    }

    fn tell(&self, found: &[(WorkflowId, WorkflowStatus)]) {
        let waiting = self.lock();
        for (id, status) in found {
            if let Some(sender) = waiting.statuses.get(id) {
                sender.send_if_modified(|known| known.replace(*status) != Some(*status));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing is left half-changed by whoever panics.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// Waits until the workflow has another status than it was last seen with, and tells it.
    pub async fn next(&mut self) -> WorkflowStatus {
        loop {
            // The sender is kept for as long as somebody waits.
            if self.status.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            if let Some(status) = *self.status.borrow_and_update() {
                return status;
            }
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.watch.lock();
        if let Some(waits) = waiting.waits.get_mut(&self.agent) {
            *waits -= 1;
            if *waits == 0 {
                waiting.waits.remove(&self.agent);
            }
        }
    }
}

//! What is on its way, in numbers.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::workflow::WorkflowStatus;

use crate::error::Result;
use crate::schema::workflows;

/// How many workflows stand where, of those that are not finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Waiting for their councils.
    pub pending_review: i64,
    /// Waiting for a worker.
    pub queued: i64,
    /// Claimed.
    pub running: i64,
    /// Since when the oldest of those waiting for a worker does.
    pub oldest_queued: Option<DateTime<Utc>>,
}

impl Backlog {
    /// Counts them.
    pub async fn read(connection: &mut AsyncPgConnection) -> Result<Self> {
        let counts: Vec<(WorkflowStatus, i64, Option<DateTime<Utc>>)> = workflows::table
            .filter(workflows::status.eq_any([
                WorkflowStatus::PendingReview,
                WorkflowStatus::Queued,
                WorkflowStatus::Running,
            ]))
            .group_by(workflows::status)
            .select((workflows::status, diesel::dsl::count_star(), diesel::dsl::min(workflows::enqueued_at)))
            .load(connection)
            .await?;
        let mut backlog = Self::default();
        for (status, count, oldest) in counts {
            match status {
                WorkflowStatus::PendingReview => backlog.pending_review = count,
                WorkflowStatus::Queued => (backlog.queued, backlog.oldest_queued) = (count, oldest),
                WorkflowStatus::Running => backlog.running = count,
                _ => {}
            }
        }
        Ok(backlog)
    }
}

/// How many runs have failed for good. Reads as many index entries: nothing to do often.
pub async fn failed_runs(connection: &mut AsyncPgConnection) -> Result<i64> {
    let failed = workflows::table.filter(workflows::status.eq(WorkflowStatus::Failed));
    Ok(failed.count().get_result(connection).await?)
}

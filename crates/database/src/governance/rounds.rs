//! Rounds of reviews: a workflow comes to its councils when it is proposed, and again when what they said does not carry
//! what is about to happen, or when one of its steps asks them.

use chrono::{DateTime, Utc};
use common::ids::StepName;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::workflow::{Basis, WorkflowStatus};

use super::decision::Locked;
use super::routing::{Reviewer, open_reviews};
use crate::clock;
use crate::error::Result;
use crate::schema::workflows;

/// What a step asks its councils.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// Which step.
    pub step: StepName,
    /// What, in its words.
    pub text: String,
}

/// Has a locked workflow wait for these councils, in this round. Whoever ran it, runs it no longer.
pub(super) async fn send_back(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    round: i32,
    reviewers: &[Reviewer],
    question: Option<&Question>,
) -> Result<WorkflowStatus> {
    // First: the database lets a run wait only for reviews that are open.
    let opened = clock::now(connection).await?;
    open_reviews(connection, workflow.id, round, opened, reviewers, question).await?;
    diesel::update(workflows::table.find(workflow.id))
        .set((
            workflows::status.eq(WorkflowStatus::PendingReview),
            workflows::basis.eq(Basis::Review),
            workflows::round.eq(round),
            workflows::decided_at.eq(None::<DateTime<Utc>>),
            workflows::finished_at.eq(None::<DateTime<Utc>>),
            workflows::due_at.eq(None::<DateTime<Utc>>),
            workflows::lease_holder.eq(None::<String>),
            workflows::lease_expires_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
        .await?;
    Ok(WorkflowStatus::PendingReview)
}

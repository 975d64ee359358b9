//! Trying a failed run again: what was approved, from the step that failed on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{CouncilId, WorkflowId};
use common::problem::Problem;
use common::roles::Permission;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::money::Money;
use governance::retry::{Approval, NewVote, new_vote};
use governance::workflow::{Basis, ReviewOutcome, StepStatus, WorkflowStatus};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::decision::{Locked, lock, merge, note, policy_of, start_after};
use super::routing::{Reviewer, in_charge, open_reviews, opening, reviewer};
use crate::clock;
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{workflow_reviews as reviews, workflow_steps as steps, workflows};

/// What became of a retry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Retried {
    /// Where the workflow stands now.
    pub status: WorkflowStatus,
    /// The councils that have to vote again, each with the reason.
    pub new_votes: Vec<NewVoteBy>,
}

/// A council that has to vote again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NewVoteBy {
    /// Which.
    pub council_id: CouncilId,
    /// Why.
    pub because: NewVote,
}

/// An admin has a failed run tried again, from the step that failed. The approval carries it, unless it is too old, the
/// policy has been tightened, or the value is one that the council always votes on: then all councils vote again.
pub async fn retry(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WorkflowId,
) -> Result<Retried> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::Operate).await?;
            let workflow = lock(connection, id).await?.ok_or_else(|| Problem::not_found("workflow"))?;
            if workflow.status != WorkflowStatus::Failed {
                let message = format!("the workflow is {}: only a failed run is tried again", workflow.status);
                return Err(Problem::conflict("not_failed", message).into());
            }
            let new_votes = new_votes(connection, &workflow).await?;
            diesel::update(steps::table.filter(steps::workflow_id.eq(id)).filter(steps::status.ne_all([
                StepStatus::Completed,
                StepStatus::Skipped,
                StepStatus::Pending,
            ])))
            .set((
                steps::status.eq(StepStatus::Pending),
                steps::attempt.eq(0),
                steps::error.eq(None::<String>),
                steps::finished_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(connection)
            .await?;
            diesel::update(workflows::table.find(id))
                .set(workflows::error.eq(None::<String>))
                .execute(connection)
                .await?;
            let actor = Actor::User(admin.id);
            let mut detail = json!({"new_votes": new_votes, "digest": workflow.digest});
            let reviewers = if new_votes.is_empty() { Vec::new() } else { again(connection, &workflow).await? };
            let round = workflow.round + i32::from(!new_votes.is_empty());
            merge(&mut detail, opening(connection, round, &reviewers).await?);
            note(connection, context, actor, &workflow, "retried", "workflow.retried", detail).await?;
            let status = if new_votes.is_empty() {
                start_after(connection, &workflow, 0).await?
            } else {
                send_back(connection, &workflow, round, &reviewers).await?
            };
            Ok(Retried { status, new_votes })
        })
        .await
}

/// The councils whose approval does not carry a retry. What ran by policy or by a mandate has none to look at: it goes
/// again as it went.
async fn new_votes(connection: &mut AsyncPgConnection, workflow: &Locked) -> Result<Vec<NewVoteBy>> {
    if workflow.basis != Basis::Review {
        return Ok(Vec::new());
    }
    let savings: Option<bigdecimal::BigDecimal> =
        workflows::table.find(workflow.id).select(workflows::weekly_savings).first(connection).await?;
    let savings = savings.map(Money::from);
    let approvals = reviews::table
        .filter(reviews::workflow_id.eq(workflow.id))
        .filter(reviews::round.eq(workflow.round))
        .filter(reviews::outcome.eq(ReviewOutcome::Approved))
        .order(reviews::council_id)
        .select((reviews::council_id, reviews::policy_version, reviews::decided_at))
        .load::<(CouncilId, i32, Option<DateTime<Utc>>)>(connection)
        .await?;
    let at = clock::now(connection).await?;
    let mut found = Vec::new();
    for (council_id, version, decided_at) in approvals {
        let then = policy_of(connection, &council_id, version).await?;
        let (_, _, now) = reviewer(connection, &council_id).await?;
        let approval = Approval { approved_at: decided_at.unwrap_or(at), then: &then, now: &now };
        if let Some(because) = new_vote(&approval, savings.as_ref(), at) {
            found.push(NewVoteBy { council_id, because });
        }
    }
    Ok(found)
}

/// The councils that approved the last round, with their policies in force.
async fn again(connection: &mut AsyncPgConnection, workflow: &Locked) -> Result<Vec<Reviewer>> {
    let councils: Vec<CouncilId> = reviews::table
        .filter(reviews::workflow_id.eq(workflow.id))
        .filter(reviews::round.eq(workflow.round))
        .filter(reviews::outcome.eq(ReviewOutcome::Approved))
        .order(reviews::council_id)
        .select(reviews::council_id)
        .load(connection)
        .await?;
    let mut reviewers = BTreeMap::new();
    for council in &councils {
        let (id, version, policy) = in_charge(connection, council).await?;
        reviewers.insert(id.clone(), (id, version, policy));
    }
    Ok(reviewers.into_values().collect())
}

/// Opens another round of reviews.
async fn send_back(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    round: i32,
    reviewers: &[Reviewer],
) -> Result<WorkflowStatus> {
    diesel::update(workflows::table.find(workflow.id))
        .set((
            workflows::status.eq(WorkflowStatus::PendingReview),
            workflows::round.eq(round),
            workflows::finished_at.eq(None::<DateTime<Utc>>),
            workflows::decided_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
        .await?;
    let opened = clock::now(connection).await?;
    open_reviews(connection, workflow.id, round, opened, reviewers).await?;
    Ok(WorkflowStatus::PendingReview)
}

//! Trying a failed run again: what was approved, from the step that failed on or from the start.

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
use governance::digest::Digest;
use governance::money::Money;
use governance::retry::{Approval, NewVote, RetryFrom, new_vote};
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, StepStatus, WorkflowStatus};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::decision::{Locked, lock, merge, note, policy_of, start_after};
use super::rounds::send_back;
use super::routing::{Reviewer, in_charge, opening, reviewer};
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

/// An admin has a failed run tried again. The approval carries it, unless it is too old, the policy has been tightened,
/// or the value is one that the council always votes on: then all councils vote again.
pub async fn retry(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WorkflowId,
    from: RetryFrom,
) -> Result<Retried> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::Operate).await?;
            retry_as(connection, context, Actor::User(admin.id), id, from, json!({})).await
        })
        .await
}

/// Has a failed run tried again in the name of somebody who may, in the caller's transaction. The record says `more` of it.
pub(super) async fn retry_as(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    admin: Actor,
    id: WorkflowId,
    from: RetryFrom,
    more: Value,
) -> Result<Retried> {
    let workflow = lock_failed(connection, id).await?;
    let stands_on = approvals(connection, &workflow, from).await?;
    let new_votes = new_votes(connection, &workflow, &stands_on).await?;
    begin_again(connection, id, from).await?;
    diesel::update(workflows::table.find(id))
        .set((workflows::error.eq(None::<String>), workflows::output.eq(None::<Value>)))
        .execute(connection)
        .await?;
    let reviewers = if new_votes.is_empty() { Vec::new() } else { again(connection, &stands_on).await? };
    let round = workflow.round + i32::from(!new_votes.is_empty());
    let mut detail = json!({"from": from, "new_votes": new_votes, "digest": workflow.digest});
    merge(&mut detail, opening(connection, round, &reviewers).await?);
    merge(&mut detail, more);
    note(connection, context, admin, &workflow, "retried", "workflow.retried", detail).await?;
    let status = if new_votes.is_empty() {
        start_after(connection, &workflow, 0).await?
    } else {
        send_back(connection, &workflow, round, &reviewers, None).await?
    };
    Ok(Retried { status, new_votes })
}

/// Tells what would become of a retry now.
pub(super) async fn foresee(connection: &mut AsyncPgConnection, id: WorkflowId, from: RetryFrom) -> Result<Retried> {
    connection
        .transaction(async |connection| {
            let workflow = lock_failed(connection, id).await?;
            let stands_on = approvals(connection, &workflow, from).await?;
            let new_votes = new_votes(connection, &workflow, &stands_on).await?;
            let waits = !new_votes.is_empty();
            let status = if waits { WorkflowStatus::PendingReview } else { WorkflowStatus::Queued };
            Ok(Retried { status, new_votes })
        })
        .await
}

async fn lock_failed(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Locked> {
    let workflow = lock(connection, id).await?.ok_or_else(|| Problem::not_found("workflow"))?;
    if workflow.status != WorkflowStatus::Failed {
        let message = format!("the workflow is {}: only a failed run is tried again", workflow.status);
        return Err(Problem::conflict("not_failed", message).into());
    }
    Ok(workflow)
}

/// Has the steps wait that are to be tried again. What they came to before stays on the record.
async fn begin_again(connection: &mut AsyncPgConnection, id: WorkflowId, from: RetryFrom) -> Result<()> {
    let all = steps::table.filter(steps::workflow_id.eq(id));
    let tried = (
        steps::status.eq(StepStatus::Pending),
        steps::attempt.eq(0),
        steps::error.eq(None::<String>),
        steps::finished_at.eq(None::<DateTime<Utc>>),
        steps::asked_round.eq(None::<i32>),
        steps::resume_at.eq(None::<DateTime<Utc>>),
    );
    match from {
        RetryFrom::FailedStep => {
            let unfinished = all.filter(steps::status.eq_any([StepStatus::Running, StepStatus::Failed]));
            diesel::update(unfinished).set(tried).execute(connection).await?;
        }
        RetryFrom::Start => {
            let came_of_it = (
                steps::fence.eq(0),
                steps::request_digest.eq(None::<Digest>),
                steps::response_digest.eq(None::<Digest>),
                steps::output.eq(None::<Value>),
                steps::started_at.eq(None::<DateTime<Utc>>),
            );
            diesel::update(all).set((tried, came_of_it)).execute(connection).await?;
        }
    }
    Ok(())
}

/// A council's approval, under which version of its policy, and when.
struct Given {
    council: CouncilId,
    policy_version: i32,
    at: DateTime<Utc>,
}

/// The approvals that the retry stands on: the last one of each council. From the start, not those of what a step
/// asked: it will ask again. What ran by policy, by a mandate or through broken glass stands on none: it goes again as it went.
async fn approvals(connection: &mut AsyncPgConnection, workflow: &Locked, from: RetryFrom) -> Result<Vec<Given>> {
    if workflow.basis != Basis::Review {
        return Ok(Vec::new());
    }
    let mut query = reviews::table
        .filter(reviews::workflow_id.eq(workflow.id))
        .filter(reviews::kind.eq(ReviewKind::Approval))
        .filter(reviews::outcome.eq(ReviewOutcome::Approved))
        .order((reviews::council_id, reviews::round.desc()))
        .distinct_on(reviews::council_id)
        .select((reviews::council_id, reviews::policy_version, reviews::decided_at.assume_not_null()))
        .into_boxed();
    if from == RetryFrom::Start {
        query = query.filter(reviews::step.is_null());
    }
    let given: Vec<(CouncilId, i32, DateTime<Utc>)> = query.load(connection).await?;
    Ok(given.into_iter().map(|(council, policy_version, at)| Given { council, policy_version, at }).collect())
}

/// The councils whose approval does not carry a retry.
async fn new_votes(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    stands_on: &[Given],
) -> Result<Vec<NewVoteBy>> {
    if stands_on.is_empty() {
        return Ok(Vec::new());
    }
    let savings: Option<bigdecimal::BigDecimal> =
        workflows::table.find(workflow.id).select(workflows::weekly_savings).first(connection).await?;
    let savings = savings.map(Money::from);
    let at = clock::now(connection).await?;
    let mut found = Vec::new();
    for Given { council, policy_version, at: approved_at } in stands_on {
        let then = policy_of(connection, council, *policy_version).await?;
        let (_, _, now) = reviewer(connection, council).await?;
        let approval = Approval { approved_at: *approved_at, then: &then, now: &now };
        if let Some(because) = new_vote(&approval, savings.as_ref(), at) {
            found.push(NewVoteBy { council_id: council.clone(), because });
        }
    }
    Ok(found)
}

/// The councils that approved, with their policies in force.
async fn again(connection: &mut AsyncPgConnection, stands_on: &[Given]) -> Result<Vec<Reviewer>> {
    let mut reviewers = BTreeMap::new();
    for given in stands_on {
        let (id, version, policy) = in_charge(connection, &given.council).await?;
        reviewers.insert(id.clone(), (id, version, policy));
    }
    Ok(reviewers.into_values().collect())
}

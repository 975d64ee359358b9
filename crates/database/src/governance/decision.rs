//! What follows from a decided review: all in the transaction that decided it.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::{AgentId, CouncilId, UserId, WorkflowId};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::decide::{Ballot, Decision, Period, Tally, decide, tally};
use governance::digest::Digest;
use governance::policy::Policy;
use governance::workflow::{ReviewOutcome, Vote, WorkflowStatus};
use serde_json::{Value, json};

use super::councils::{electorate, read_policy};
use crate::audit::{self, Act};
use crate::clock::from_now;
use crate::error::Result;
use crate::outbox::{self, Dispatch};
use crate::schema::{agents, council_policies, votes, workflow_reviews as reviews, workflows};
use crate::timeline;

/// A workflow whose row the caller's transaction has locked.
#[derive(Queryable, Selectable)]
#[diesel(table_name = workflows)]
pub(super) struct Locked {
    pub id: WorkflowId,
    pub workflow_type: String,
    pub digest: Digest,
    pub status: WorkflowStatus,
    pub proposer_user_id: Option<UserId>,
    pub proposer_agent_id: Option<AgentId>,
    pub request_id: Option<String>,
    pub traceparent: Option<String>,
}

/// Locks a workflow until the caller's transaction ends, so that its votes are counted one after another.
pub(super) async fn lock(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Option<Locked>> {
    Ok(workflows::table.find(id).for_update().select(Locked::as_select()).first(connection).await.optional()?)
}

/// A review of a locked workflow.
#[derive(Queryable, Selectable)]
#[diesel(table_name = reviews)]
pub(super) struct Review {
    pub council_id: CouncilId,
    pub policy_version: i32,
    pub outcome: ReviewOutcome,
    pub deadline: DateTime<Utc>,
}

/// Whoever has a part in a proposal: who made it, or who answers for the agent that did.
pub(super) async fn parties(connection: &mut AsyncPgConnection, workflow: &Locked) -> Result<BTreeSet<UserId>> {
    let owner: Option<UserId> = match workflow.proposer_agent_id {
        Some(agent) => agents::table.find(agent).select(agents::owner_id).first(connection).await.optional()?,
        None => None,
    };
    Ok(workflow.proposer_user_id.into_iter().chain(owner).collect())
}

/// Where a review stands after its votes were counted.
pub(super) struct Counted {
    pub outcome: ReviewOutcome,
    pub status: WorkflowStatus,
    pub tally: Tally,
}

/// Counts a review's votes under the policy that it was opened under and, if they decide it, draws the consequences.
pub(super) async fn settle(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
    review: &Review,
    period: Period,
) -> Result<Counted> {
    let policy = policy_of(connection, review).await?;
    let excluded = parties(connection, workflow).await?;
    let electorate = electorate(connection, &review.council_id, excluded).await?;
    let ballots = votes::table
        .filter(votes::workflow_id.eq(workflow.id))
        .filter(votes::council_id.eq(&review.council_id))
        .select((votes::user_id, votes::vote, votes::as_admin))
        .load::<(UserId, Vote, bool)>(connection)
        .await?;
    let ballots: Vec<_> = ballots.into_iter().map(|(voter, vote, as_admin)| Ballot { voter, vote, as_admin }).collect();
    let tally = tally(&electorate, &ballots);
    let outcome = match decide(&policy, &electorate, &ballots, period) {
        Decision::Open => return Ok(Counted { outcome: ReviewOutcome::Open, status: workflow.status, tally }),
        Decision::Approved => ReviewOutcome::Approved,
        Decision::Rejected => ReviewOutcome::Rejected,
        Decision::Expired => ReviewOutcome::Expired,
    };
    diesel::update(reviews::table.find((workflow.id, &review.council_id)))
        .set((reviews::outcome.eq(outcome), reviews::decided_at.eq(now)))
        .execute(connection)
        .await?;
    let detail = json!({
        "council_id": review.council_id, "policy_version": review.policy_version, "outcome": outcome, "tally": tally,
    });
    note(connection, context, actor, workflow, "review_decided", "workflow.review_decided", detail).await?;
    let status = match outcome {
        ReviewOutcome::Approved => approve_if_complete(connection, context, actor, workflow).await?,
        ReviewOutcome::Rejected => end(connection, context, actor, workflow, WorkflowStatus::Rejected).await?,
        _ => end(connection, context, actor, workflow, WorkflowStatus::Expired).await?,
    };
    Ok(Counted { outcome, status, tally })
}

async fn policy_of(connection: &mut AsyncPgConnection, review: &Review) -> Result<Policy> {
    let policy: Value = council_policies::table
        .find((&review.council_id, review.policy_version))
        .select(council_policies::policy)
        .first(connection)
        .await?;
    read_policy(policy)
}

/// Approves the workflow when every council that it needs has approved it.
async fn approve_if_complete(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
) -> Result<WorkflowStatus> {
    let reviewed = reviews::table
        .filter(reviews::workflow_id.eq(workflow.id))
        .select(Review::as_select())
        .load(connection)
        .await?;
    if reviewed.iter().any(|review| review.outcome != ReviewOutcome::Approved) {
        return Ok(WorkflowStatus::PendingReview);
    }
    let mut cooling_off = 0;
    for review in &reviewed {
        cooling_off = cooling_off.max(policy_of(connection, review).await?.cooling_off_seconds);
    }
    diesel::update(workflows::table.find(workflow.id))
        .set((workflows::status.eq(WorkflowStatus::Approved), workflows::decided_at.eq(now)))
        .execute(connection)
        .await?;
    let detail = json!({"digest": workflow.digest, "cooling_off_seconds": cooling_off});
    note(connection, context, actor, workflow, "approved", "workflow.approved", detail).await?;
    start_after(connection, workflow, cooling_off).await
}

/// Sends an approved workflow to the workers, now or when its cooling-off period is over.
pub(super) async fn start_after(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    cooling_off_seconds: u32,
) -> Result<WorkflowStatus> {
    if cooling_off_seconds > 0 {
        diesel::update(workflows::table.find(workflow.id))
            .set(workflows::due_at.eq(from_now(Duration::from_secs(cooling_off_seconds.into()))))
            .execute(connection)
            .await?;
        return Ok(WorkflowStatus::Approved);
    }
    let dispatch = Dispatch {
        workflow_id: workflow.id,
        request_id: workflow.request_id.clone(),
        traceparent: workflow.traceparent.clone(),
    };
    enqueue(connection, &[dispatch]).await?;
    Ok(WorkflowStatus::Queued)
}

/// Moves approved workflows to the queue: status, timeline and outbox together.
pub(crate) async fn enqueue(connection: &mut AsyncPgConnection, dispatches: &[Dispatch]) -> Result<()> {
    let ids: Vec<_> = dispatches.iter().map(|dispatch| dispatch.workflow_id).collect();
    diesel::update(workflows::table.filter(workflows::id.eq_any(&ids)))
        .set((
            workflows::status.eq(WorkflowStatus::Queued),
            workflows::enqueued_at.eq(now),
            workflows::due_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
        .await?;
    timeline::record_all(connection, &ids, Actor::System, "queued", json!({})).await?;
    outbox::dispatch(connection, dispatches).await
}

/// Ends a workflow that was not approved; what other councils still had open of it is closed.
async fn end(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
    status: WorkflowStatus,
) -> Result<WorkflowStatus> {
    diesel::update(
        reviews::table.filter(reviews::workflow_id.eq(workflow.id)).filter(reviews::outcome.eq(ReviewOutcome::Open)),
    )
    .set((reviews::outcome.eq(ReviewOutcome::Cancelled), reviews::decided_at.eq(now)))
    .execute(connection)
    .await?;
    diesel::update(workflows::table.find(workflow.id))
        .set((workflows::status.eq(status), workflows::decided_at.eq(now), workflows::finished_at.eq(now)))
        .execute(connection)
        .await?;
    let action = format!("workflow.{status}");
    note(connection, context, actor, workflow, status.as_str(), &action, json!({"digest": workflow.digest})).await?;
    Ok(status)
}

/// Puts one fact on the timeline and on the record.
pub(super) async fn note(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
    event: &str,
    action: &str,
    detail: Value,
) -> Result<()> {
    timeline::record(connection, workflow.id, actor, event, detail.clone()).await?;
    let act = Act::new(actor, action, "workflow", workflow.id).with(detail);
    audit::record(connection, context, act).await
}

/// When votes on a review end.
pub(super) fn deadline(opened: DateTime<Utc>, policy: &Policy) -> DateTime<Utc> {
    opened + TimeDelta::seconds(i64::from(policy.voting_period_seconds))
}

//! What follows from a decided review: all in the transaction that decided it.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use common::Traceparent;
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::{AgentId, CouncilId, StepName, UserId, WorkflowId, WorkflowTypeId};
use common::roles::Role;
use common::telemetry::traces::{Attribute, Kind, Span};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::decide::{
    Ballot, Decision, Electorate, Period, Tally, deadline_after_quorum, decide_review, has_quorum, standing, tally,
};
use governance::digest::Digest;
use governance::policy::Policy;
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, StepStatus, Vote, WorkflowStatus};
use serde_json::{Value, json};

use super::councils::{electorate, read_policy};
use super::rounds::Question;
use super::routing::{escalation_of, open_reviews, opening};
use super::{break_glass, mandates};
use crate::audit::{self, Act};
use crate::clock::{self, from_now};
use crate::error::Result;
use crate::identity::users::UserState;
use crate::outbox::{self, Dispatch};
use crate::schema::{
    agents, council_policies, users, votes, workflow_reviews as reviews, workflow_steps as steps, workflows,
};
use crate::timeline;

/// A workflow whose row the caller's transaction has locked.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = workflows)]
pub(crate) struct Locked {
    pub id: WorkflowId,
    pub workflow_type: WorkflowTypeId,
    pub digest: Digest,
    pub status: WorkflowStatus,
    pub basis: Basis,
    pub round: i32,
    pub due_at: Option<DateTime<Utc>>,
    pub proposer_user_id: Option<UserId>,
    pub proposer_agent_id: Option<AgentId>,
    pub request_id: Option<String>,
    pub traceparent: Option<String>,
}

impl Locked {
    /// Its place in the trace of whoever proposed it.
    pub fn place(&self) -> Option<Traceparent> {
        self.traceparent.as_ref()?.parse().ok()
    }

    /// The same, for what follows from a span.
    pub fn after(&self, span: &Span) -> Self {
        Self { traceparent: Some(span.traceparent().to_string()), ..self.clone() }
    }
}

/// Locks a workflow until the caller's transaction ends, so that its votes are counted one after another.
pub(crate) async fn lock(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Option<Locked>> {
    Ok(workflows::table.find(id).for_update().select(Locked::as_select()).first(connection).await.optional()?)
}

/// A review of a locked workflow: of its current round, or a ratification that is still waited for.
#[derive(Queryable, Selectable)]
#[diesel(table_name = reviews)]
pub(super) struct Review {
    pub council_id: CouncilId,
    pub kind: ReviewKind,
    pub round: i32,
    pub policy_version: i32,
    pub outcome: ReviewOutcome,
    pub deadline: DateTime<Utc>,
    pub quorum_at: Option<DateTime<Utc>>,
    step: Option<StepName>,
    question: Option<String>,
}

impl Review {
    /// What a step asks in it, if one does.
    pub fn question(&self) -> Option<Question> {
        let (step, text) = (self.step.clone()?, self.question.clone()?);
        Some(Question { step, text })
    }
}

/// The reviews of a locked workflow in a round, by council.
pub(super) async fn reviews_of(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    round: i32,
) -> Result<Vec<Review>> {
    Ok(reviews::table
        .filter(reviews::workflow_id.eq(workflow.id))
        .filter(reviews::round.eq(round))
        .order(reviews::council_id)
        .select(Review::as_select())
        .load(connection)
        .await?)
}

/// Whoever has a part in a proposal: who made it, who answers for the agent that did, and who ran it unapproved.
pub(super) async fn parties(connection: &mut AsyncPgConnection, workflow: &Locked) -> Result<BTreeSet<UserId>> {
    let owner: Option<UserId> = match workflow.proposer_agent_id {
        Some(agent) => agents::table.find(agent).select(agents::owner_id).first(connection).await.optional()?,
        None => None,
    };
    // Nobody can have broken it in the first round and left its basis as it was.
    let broken = workflow.basis == Basis::BreakGlass || workflow.round > 1;
    let breaker = if broken { break_glass::breaker(connection, workflow.id).await? } else { None };
    Ok(workflow.proposer_user_id.into_iter().chain(owner).chain(breaker).collect())
}

/// Where a review stands after its votes were counted.
pub(super) struct Counted {
    pub outcome: ReviewOutcome,
    pub status: WorkflowStatus,
    pub tally: Tally,
}

/// The votes that were cast in a review, in the order in which they were; each with whether the voter may still vote.
async fn cast(connection: &mut AsyncPgConnection, workflow: &Locked, review: &Review) -> Result<Vec<(Ballot, bool)>> {
    let rows = votes::table
        .inner_join(users::table)
        .filter(votes::workflow_id.eq(workflow.id))
        .filter(votes::council_id.eq(&review.council_id))
        .filter(votes::round.eq(review.round))
        .order(votes::cast_at)
        .select((votes::user_id, votes::seat_of, votes::vote, users::state, users::role))
        .load::<(UserId, Option<UserId>, Vote, UserState, Role)>(connection)
        .await?;
    let ballot = |(voter, seat, vote, state, role)| {
        (Ballot::new(voter, seat, vote), state == UserState::Active && role != Role::Viewer)
    };
    Ok(rows.into_iter().map(ballot).collect())
}

/// Counts a review's votes under the policy that it was opened under and, if they decide it, draws the consequences.
pub(super) async fn settle(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
    review: &Review,
    excluded: BTreeSet<UserId>,
    period: Period,
) -> Result<Counted> {
    let policy = policy_of(connection, &review.council_id, review.policy_version).await?;
    let mut electorate = electorate(connection, &review.council_id, excluded).await?;
    let cast = cast(connection, workflow, review).await?;
    // Who stood in for a seat is in no list of the council: that they can't vote any more has to be written down.
    electorate.excluded.extend(cast.iter().filter(|(_, may_vote)| !may_vote).map(|(ballot, _)| ballot.voter));
    let ballots = standing(cast.into_iter().map(|(ballot, _)| ballot), &electorate);
    let tally = tally(&electorate, &ballots);
    let decision = decide_review(review.kind, &policy, &electorate, &ballots, period);
    let outcome = match decision {
        Decision::Open => {
            let running = period == Period::Running && review.quorum_at.is_none();
            if running && has_quorum(&policy, &electorate, &ballots) {
                note_quorum(connection, context, workflow, review, &policy).await?;
            }
            return Ok(Counted { outcome: ReviewOutcome::Open, status: workflow.status, tally });
        }
        Decision::Approved => ReviewOutcome::Approved,
        Decision::Rejected => ReviewOutcome::Rejected,
        Decision::Expired => ReviewOutcome::Expired,
        Decision::Escalated => {
            match escalation_of(connection, workflow, &review.council_id, policy.escalate_to.as_ref()).await? {
                Some(to) => return escalate(connection, context, workflow, review, &electorate, to, tally).await,
                None => ReviewOutcome::Expired,
            }
        }
    };
    let mut span = Span::begin(Kind::Internal, workflow.place(), || "decide".into());
    span.says(|| [Attribute::new("codex.council.id", review.council_id.to_string())]);
    span.says(|| [Attribute::new("codex.review.outcome", outcome.as_str())]);
    let workflow = &workflow.after(&span);
    close(connection, workflow, review, outcome, &electorate).await?;
    let detail = decided(review, outcome, &electorate, tally);
    note(connection, context, actor, workflow, "review_decided", "workflow.review_decided", detail).await?;
    let status = match (review.kind, outcome) {
        (ReviewKind::Ratification, _) => {
            break_glass::settle(connection, context, actor, workflow).await?;
            workflow.status
        }
        (_, ReviewOutcome::Approved) => approve_if_complete(connection, context, actor, workflow).await?,
        (_, ReviewOutcome::Rejected) => {
            end(connection, context, actor, workflow, WorkflowStatus::Rejected, json!({})).await?
        }
        _ => end(connection, context, actor, workflow, WorkflowStatus::Expired, json!({})).await?,
    };
    Ok(Counted { outcome, status, tally })
}

/// What the record says of a review that ended: with it, its votes can be counted again.
fn decided(review: &Review, outcome: ReviewOutcome, electorate: &Electorate, tally: Tally) -> Value {
    json!({
        "council_id": review.council_id, "round": review.round, "policy_version": review.policy_version,
        "kind": review.kind, "outcome": outcome, "tally": tally,
        "electorate_digest": Digest::of_json(&json!(electorate)),
    })
}

/// Writes down how a review ended, and who could vote in it then.
async fn close(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    review: &Review,
    outcome: ReviewOutcome,
    electorate: &Electorate,
) -> Result<()> {
    diesel::update(reviews::table.find((workflow.id, &review.council_id, review.round)))
        .set((reviews::outcome.eq(outcome), reviews::decided_at.eq(now), reviews::electorate.eq(json!(electorate))))
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes when there was a quorum first. When that is so late that others could hardly answer, votes are taken for longer:
/// once for each review.
async fn note_quorum(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    workflow: &Locked,
    review: &Review,
    policy: &Policy,
) -> Result<()> {
    let at = clock::now(connection).await?;
    let deadline = deadline_after_quorum(policy, review.deadline, at);
    diesel::update(reviews::table.find((workflow.id, &review.council_id, review.round)))
        .set((reviews::quorum_at.eq(at), reviews::deadline.eq(deadline)))
        .execute(connection)
        .await?;
    if deadline > review.deadline {
        let detail = json!({"council_id": review.council_id, "deadline": deadline, "was": review.deadline});
        let event = "deadline_extended";
        note(connection, context, Actor::System, workflow, event, "workflow.deadline_extended", detail).await?;
    }
    Ok(())
}

/// Hands a review that nobody decided in time to another council.
async fn escalate(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    workflow: &Locked,
    review: &Review,
    electorate: &Electorate,
    (council, version, policy): (CouncilId, i32, Policy),
    tally: Tally,
) -> Result<Counted> {
    close(connection, workflow, review, ReviewOutcome::Escalated, electorate).await?;
    let opened = clock::now(connection).await?;
    let mut detail = decided(review, ReviewOutcome::Escalated, electorate, tally);
    detail["to"] = json!(council);
    let reviewers = [(council, version, policy)];
    merge(&mut detail, opening(connection, review.round, &reviewers).await?);
    let question = review.question();
    open_reviews(connection, workflow.id, review.round, opened, &reviewers, question.as_ref()).await?;
    note(connection, context, Actor::System, workflow, "escalated", "workflow.escalated", detail).await?;
    Ok(Counted { outcome: ReviewOutcome::Escalated, status: workflow.status, tally })
}

/// Adds particulars to others.
pub(crate) fn merge(detail: &mut Value, more: Value) {
    if let (Value::Object(detail), Value::Object(more)) = (detail, more) {
        detail.extend(more);
    }
}

/// A version of a council's policy.
pub(super) async fn policy_of(connection: &mut AsyncPgConnection, council: &CouncilId, version: i32) -> Result<Policy> {
    read_policy(stored_policy(connection, council, version).await?)
}

/// A version of a council's policy as it is stored, without the defaults of what it does not say.
pub(super) async fn stored_policy(
    connection: &mut AsyncPgConnection,
    council: &CouncilId,
    version: i32,
) -> Result<Value> {
    Ok(council_policies::table.find((council, version)).select(council_policies::policy).first(connection).await?)
}

/// Approves the workflow when every council that it needs has approved it.
async fn approve_if_complete(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
) -> Result<WorkflowStatus> {
    let applied =
        council_policies::council_id.eq(reviews::council_id).and(council_policies::version.eq(reviews::policy_version));
    let reviewed = reviews::table
        .inner_join(council_policies::table.on(applied))
        .filter(reviews::workflow_id.eq(workflow.id))
        .filter(reviews::round.eq(workflow.round))
        .select((reviews::outcome, council_policies::policy))
        .load::<(ReviewOutcome, Value)>(connection)
        .await?;
    if !reviewed.iter().all(|(outcome, _)| outcome.is_carried()) {
        return Ok(WorkflowStatus::PendingReview);
    }
    let mut cooling_off = 0;
    for (_, policy) in reviewed.into_iter().filter(|(outcome, _)| *outcome == ReviewOutcome::Approved) {
        cooling_off = cooling_off.max(read_policy(policy)?.cooling_off_seconds);
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
            // Of a run that failed and is tried again.
            workflows::finished_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
        .await?;
    timeline::record_all(connection, &ids, Actor::System, "queued", json!({})).await?;
    outbox::dispatch(connection, dispatches).await
}

/// Ends a workflow that will not run, or runs no longer; what councils still had open of it is closed, and what it had
/// reserved is given back.
pub(super) async fn end(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
    status: WorkflowStatus,
    mut detail: Value,
) -> Result<WorkflowStatus> {
    diesel::update(
        reviews::table
            .filter(reviews::workflow_id.eq(workflow.id))
            .filter(reviews::kind.eq(ReviewKind::Approval))
            .filter(reviews::outcome.eq(ReviewOutcome::Open)),
    )
    .set((reviews::outcome.eq(ReviewOutcome::Cancelled), reviews::decided_at.eq(now)))
    .execute(connection)
    .await?;
    if workflow.basis == Basis::Mandate {
        mandates::give_back(connection, workflow.id).await?;
    }
    // Only later rounds are those of a step.
    if workflow.round > 1 {
        end_asking(connection, workflow.id, status).await?;
    }
    diesel::update(workflows::table.find(workflow.id))
        .set((
            workflows::status.eq(status),
            workflows::decided_at.eq(diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>>(
                "COALESCE(decided_at, now())",
            )),
            workflows::finished_at.eq(now),
            workflows::due_at.eq(None::<DateTime<Utc>>),
            workflows::lease_holder.eq(None::<String>),
            workflows::lease_expires_at.eq(None::<DateTime<Utc>>),
            workflows::parked_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)
        .await?;
    detail["digest"] = json!(workflow.digest);
    let action = format!("workflow.{status}");
    note(connection, context, actor, workflow, status.as_str(), &action, detail).await?;
    Ok(status)
}

/// Ends the step that has asked and is not done: nobody goes on with it.
async fn end_asking(connection: &mut AsyncPgConnection, workflow: WorkflowId, status: WorkflowStatus) -> Result<()> {
    diesel::update(
        steps::table
            .filter(steps::workflow_id.eq(workflow))
            .filter(steps::status.eq(StepStatus::Running))
            .filter(steps::asked_round.is_not_null()),
    )
    .set((steps::status.eq(StepStatus::Failed), steps::error.eq(not_answered(status)), steps::finished_at.eq(now)))
    .execute(connection)
    .await?;
    Ok(())
}

/// What went wrong with a step that asked, when its workflow has ended like this.
pub(super) fn not_answered(status: WorkflowStatus) -> String {
    format!("the workflow is {status}")
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

//! Taking a workflow back: by its proposer, by an admin, by a newer proposal, or by a veto in its cooling-off period.
//!
//! Decisions are final. What was approved is stopped by an act of its own, never by another decision.

use common::actor::Actor;
use common::claims::{Claims, Seat};
use common::http::RequestContext;
use common::ids::{UserId, WorkflowId};
use common::problem::Problem;
use common::roles::{Permission, Role};
use common::text::Remark;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::workflow::{ReviewOutcome, WorkflowStatus};
use serde_json::json;

use super::decision::{Locked, end, lock, note};
use super::propose::{Proposer, identify};
use crate::clock;
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{agents, council_seats, users, workflow_reviews as reviews};

async fn locked(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Locked> {
    Ok(lock(connection, id).await?.ok_or_else(|| Problem::not_found("workflow"))?)
}

fn too_late(workflow: &Locked) -> Problem {
    Problem::conflict("already_ended", format!("the workflow is {}: there is nothing left to stop", workflow.status))
}

/// Cancels a workflow that has not ended: whoever proposed it, who answers for the agent that did, or an admin. A run
/// stops at its next step.
pub async fn cancel(
    connection: &mut AsyncPgConnection,
    caller: Proposer<'_>,
    context: &RequestContext,
    id: WorkflowId,
    reason: Option<&Remark>,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let caller = identify(connection, &caller).await?;
            let workflow = locked(connection, id).await?;
            if !may_cancel(connection, caller.actor(), &workflow).await? {
                return Err(Problem::forbidden("a workflow is cancelled by whoever proposed it, or by an admin").into());
            }
            if !can_be_stopped(workflow.status) {
                return Err(too_late(&workflow).into());
            }
            let detail = json!({"reason": reason, "was": workflow.status});
            end(connection, context, caller.actor(), &workflow, WorkflowStatus::Cancelled, detail).await?;
            Ok(())
        })
        .await
}

const fn can_be_stopped(status: WorkflowStatus) -> bool {
    use WorkflowStatus::{Approved, PendingReview, Queued, Running};
    matches!(status, PendingReview | Approved | Queued | Running)
}

async fn may_cancel(connection: &mut AsyncPgConnection, caller: Actor, workflow: &Locked) -> Result<bool> {
    match caller {
        Actor::Agent(agent) => Ok(workflow.proposer_agent_id == Some(agent)),
        Actor::User(user) if workflow.proposer_user_id == Some(user) => Ok(true),
        Actor::User(user) => {
            let role: Role = users::table.find(user).select(users::role).first(connection).await?;
            let owner: Option<UserId> = match workflow.proposer_agent_id {
                Some(agent) => Some(agents::table.find(agent).select(agents::owner_id).first(connection).await?),
                None => None,
            };
            Ok(role == Role::Admin || owner == Some(user))
        }
        Actor::System | Actor::Anonymous => Ok(false),
    }
}

/// Takes back the proposal that a newer one takes the place of. What has begun can't be superseded, only cancelled.
pub(super) async fn supersede(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    proposer: Actor,
    earlier: WorkflowId,
    by: WorkflowId,
) -> Result<()> {
    let found = lock(connection, earlier).await?;
    let workflow = found.ok_or_else(|| Problem::invalid_field("/supersedes", "there is no such workflow"))?;
    if !may_cancel(connection, proposer, &workflow).await? {
        return Err(Problem::forbidden("a proposal is superseded by whoever proposed it, or by an admin").into());
    }
    if !matches!(workflow.status, WorkflowStatus::PendingReview | WorkflowStatus::Approved) {
        let message = format!("the workflow is {}: only what waits can be superseded", workflow.status);
        return Err(Problem::conflict("not_waiting", message).into());
    }
    let detail = json!({"superseded_by": by, "was": workflow.status});
    end(connection, context, proposer, &workflow, WorkflowStatus::Cancelled, detail).await?;
    Ok(())
}

/// Stops an approved workflow in its cooling-off period: a chair of a council that reviewed it, or an admin.
pub async fn veto(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WorkflowId,
    reason: &Remark,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let person = authorize(connection, claims, Permission::Vote).await?;
            let workflow = locked(connection, id).await?;
            let councils = reviews::table
                .filter(reviews::workflow_id.eq(id))
                .filter(reviews::round.eq(workflow.round))
                .filter(reviews::outcome.eq(ReviewOutcome::Approved))
                .select(reviews::council_id);
            let chairs: i64 = council_seats::table
                .filter(council_seats::user_id.eq(person.id))
                .filter(council_seats::seat.eq(Seat::Chair))
                .filter(council_seats::council_id.eq_any(councils))
                .count()
                .get_result(connection)
                .await?;
            if chairs == 0 && person.role != Role::Admin {
                let message = "a veto is for the chair of a council that approved the workflow, and for admins";
                return Err(Problem::forbidden(message).into());
            }
            let at = clock::now(connection).await?;
            if workflow.status != WorkflowStatus::Approved || workflow.due_at.is_none_or(|due| due <= at) {
                let message = format!("the workflow is {}: a veto stops it in its cooling-off period", workflow.status);
                return Err(Problem::conflict("not_cooling_off", message).into());
            }
            let actor = Actor::User(person.id);
            let detail = json!({"reason": reason});
            note(connection, context, actor, &workflow, "vetoed", "workflow.vetoed", detail.clone()).await?;
            end(connection, context, actor, &workflow, WorkflowStatus::Cancelled, detail).await?;
            Ok(())
        })
        .await
}

//! Reviews whose time is over.

use common::actor::Actor;
use common::http::RequestContext;
use common::ids::{CouncilId, WorkflowId};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::decide::Period;
use governance::workflow::{ReviewKind, ReviewOutcome};
use serde_json::json;

use super::decision::{Locked, Review, lock, note, parties, settle};
use crate::error::Result;
use crate::schema::workflow_reviews as reviews;

/// Decides up to `limit` reviews whose deadline has passed, each in a transaction of its own; returns how many. A
/// ratification that is overdue is told once, and waited for.
pub async fn close_due_reviews(connection: &mut AsyncPgConnection, limit: u16) -> Result<usize> {
    let due: Vec<WorkflowId> = reviews::table
        .filter(reviews::outcome.eq(ReviewOutcome::Open))
        .filter(reviews::deadline.le(now))
        .filter(reviews::overdue_at.is_null())
        .order(reviews::deadline)
        .limit(i64::from(limit))
        .select(reviews::workflow_id)
        .load(connection)
        .await?;
    let mut closed = 0;
    for workflow in due {
        closed += connection.transaction(async |connection| close(connection, workflow).await).await?;
    }
    Ok(closed)
}

async fn close(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<usize> {
    let Some(workflow) = lock(connection, id).await? else { return Ok(0) };
    // Read again under the lock: a last vote, or another worker, may have decided it meanwhile.
    let due = reviews::table
        .filter(reviews::workflow_id.eq(id))
        .filter(reviews::outcome.eq(ReviewOutcome::Open))
        .filter(reviews::deadline.le(now))
        .filter(reviews::overdue_at.is_null())
        .order((reviews::round, reviews::council_id))
        .select(Review::as_select())
        .first(connection)
        .await
        .optional()?;
    let Some(review) = due else { return Ok(0) };
    let context = RequestContext { request_id: workflow.request_id.clone(), ..RequestContext::default() };
    let parties = parties(connection, &workflow).await?;
    let counted = settle(connection, &context, Actor::System, &workflow, &review, parties, Period::Over).await?;
    if counted.outcome == ReviewOutcome::Open && review.kind == ReviewKind::Ratification {
        note_overdue(connection, &context, &workflow, &review).await?;
    }
    Ok(1)
}

/// Counts the votes in a council's open reviews again, in the caller's transaction: its seats have changed, and with them
/// what still has to be waited for.
pub(super) async fn recount(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    council: &CouncilId,
) -> Result<()> {
    let open: Vec<(WorkflowId, i32)> = reviews::table
        .filter(reviews::council_id.eq(council))
        .filter(reviews::outcome.eq(ReviewOutcome::Open))
        .order((reviews::workflow_id, reviews::round))
        .select((reviews::workflow_id, reviews::round))
        .load(connection)
        .await?;
    for (id, round) in open {
        let Some(workflow) = lock(connection, id).await? else { continue };
        let review: Option<Review> = reviews::table
            .find((id, council, round))
            .filter(reviews::outcome.eq(ReviewOutcome::Open))
            .select(Review::as_select())
            .first(connection)
            .await
            .optional()?;
        if let Some(review) = review {
            let parties = parties(connection, &workflow).await?;
            settle(connection, context, actor, &workflow, &review, parties, Period::Running).await?;
        }
    }
    Ok(())
}

async fn note_overdue(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    workflow: &Locked,
    review: &Review,
) -> Result<()> {
    diesel::update(reviews::table.find((workflow.id, &review.council_id, review.round)))
        .set(reviews::overdue_at.eq(now))
        .execute(connection)
        .await?;
    let (event, action) = ("ratification_overdue", "workflow.ratification_overdue");
    note(connection, context, Actor::System, workflow, event, action, json!({"council_id": review.council_id})).await
}

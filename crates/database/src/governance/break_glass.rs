//! Breaking the glass: an admin runs a workflow that its councils have not decided on. They decide afterwards whether
//! that was right.

use std::time::Duration;

use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{UserId, WorkflowId};
use common::problem::Problem;
use common::roles::Permission;
use common::text::Text;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{Array, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use governance::workflow::{Basis, ReviewKind, ReviewOutcome, WorkflowStatus};
use serde_json::json;

use super::decision::{Locked, lock, note, parties, reviews_of, start_after};
use crate::clock::{ago, from_now};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{break_glass as glass, sessions, workflow_reviews as reviews, workflows};

/// How long a code of the authenticator counts as just entered.
const FRESH: Duration = Duration::from_mins(5);
/// How long the councils have to ratify.
const RATIFY: Duration = Duration::from_hours(24);

/// Why the glass is broken: a sentence at least.
pub type Reason = Text<20, 2000>;

/// Runs a workflow now that waits for its councils. Its open reviews go on as ratifications; each operator who was
/// passed over is told.
pub async fn break_glass(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: WorkflowId,
    digest: Digest,
    reason: &Reason,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::BreakGlass).await?;
            require_second_factor(connection, claims).await?;
            // One lock for each admin: two glasses are not broken at once.
            diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('break_glass ' || $1, 0))")
                .bind::<diesel::sql_types::Text, _>(admin.id.to_string())
                .execute(connection)
                .await?;
            let workflow = lock(connection, id).await?.ok_or_else(|| Problem::not_found("workflow"))?;
            if workflow.status != WorkflowStatus::PendingReview {
                let message = format!("the workflow is {}: only what waits for its councils needs it", workflow.status);
                return Err(Problem::conflict("not_waiting", message).into());
            }
            if digest != workflow.digest {
                let message = "the digest is not the one of what would run: look at the workflow again";
                return Err(Problem::conflict("digest_mismatch", message).into());
            }
            let mut answerable = parties(connection, &workflow).await?;
            answerable.insert(admin.id);
            refuse_unratified(connection, &answerable.into_iter().collect::<Vec<_>>()).await?;

            if breaker(connection, id).await?.is_some() {
                let message = "the glass was broken for this workflow before: this time its councils decide";
                return Err(Problem::conflict("already_broken", message).into());
            }
            diesel::insert_into(glass::table)
                .values((
                    glass::workflow_id.eq(id),
                    glass::round.eq(workflow.round),
                    glass::admin_id.eq(admin.id),
                    glass::reason.eq(reason.as_str()),
                    glass::ratify_by.eq(from_now(RATIFY).assume_not_null()),
                ))
                .execute(connection)
                .await?;
            diesel::update(
                reviews::table
                    .filter(reviews::workflow_id.eq(id))
                    .filter(reviews::round.eq(workflow.round))
                    .filter(reviews::outcome.eq(ReviewOutcome::Open)),
            )
            .set((reviews::kind.eq(ReviewKind::Ratification), reviews::deadline.eq(from_now(RATIFY).assume_not_null())))
            .execute(connection)
            .await?;
            diesel::update(workflows::table.find(id))
                .set((
                    workflows::status.eq(WorkflowStatus::Approved),
                    workflows::basis.eq(Basis::BreakGlass),
                    workflows::decided_at.eq(now),
                ))
                .execute(connection)
                .await?;
            let detail = json!({"reason": reason, "digest": digest});
            let actor = Actor::User(admin.id);
            note(connection, context, actor, &workflow, "glass_broken", "workflow.glass_broken", detail).await?;
            start_after(connection, &workflow, 0).await?;
            Ok(())
        })
        .await
}

/// Refuses a session that has not shown a code of its person's authenticator just now.
async fn require_second_factor(connection: &mut AsyncPgConnection, claims: &Claims) -> Result<()> {
    let fresh: i64 = sessions::table
        .find(claims.sid)
        .filter(sessions::second_factor_at.gt(ago(FRESH)))
        .count()
        .get_result(connection)
        .await?;
    if fresh == 1 {
        return Ok(());
    }
    let message = "enter a code of your authenticator first: POST /api/auth/totp/verify; it counts for five minutes";
    Err(Problem::refused("second_factor_needed", message).into())
}

/// Refuses whoever has a part in a glass that was broken and not ratified: who broke it, who had proposed the workflow, and
/// who answers for the agent that had.
async fn refuse_unratified(connection: &mut AsyncPgConnection, people: &[UserId]) -> Result<()> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        workflow_id: WorkflowId,
    }
    const UNRATIFIED: &str = "
        SELECT b.workflow_id FROM break_glass b
        JOIN workflows w ON w.id = b.workflow_id
        LEFT JOIN agents a ON a.id = w.proposer_agent_id
        WHERE b.ratified_at IS NULL
          AND (b.admin_id = ANY($1) OR w.proposer_user_id = ANY($1) OR a.owner_id = ANY($1))
        LIMIT 1";
    let unratified: Option<Row> =
        diesel::sql_query(UNRATIFIED).bind::<Array<SqlUuid>, _>(people).get_result(connection).await.optional()?;
    match unratified {
        None => Ok(()),
        Some(Row { workflow_id }) => {
            let message = format!("the councils have not ratified {workflow_id}, which was run before its approval");
            Err(Problem::conflict("not_ratified", message).into())
        }
    }
}

/// Who ran a workflow before it was approved.
pub(super) async fn breaker(connection: &mut AsyncPgConnection, id: WorkflowId) -> Result<Option<UserId>> {
    Ok(glass::table.find(id).select(glass::admin_id).first(connection).await.optional()?)
}

/// Draws the consequence once every council has said whether it ratifies: one that refuses is enough.
pub(super) async fn settle(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
) -> Result<()> {
    let round: i32 = glass::table.find(workflow.id).select(glass::round).first(connection).await?;
    let reviewed = reviews_of(connection, workflow, round).await?;
    let row = glass::table.find(workflow.id).filter(glass::ratified_at.is_null()).filter(glass::refused_at.is_null());
    if reviewed.iter().any(|review| review.outcome == ReviewOutcome::Rejected) {
        if diesel::update(row).set(glass::refused_at.eq(now)).execute(connection).await? == 1 {
            let (event, action) = ("ratification_refused", "workflow.ratification_refused");
            note(connection, context, actor, workflow, event, action, json!({})).await?;
        }
    } else if reviewed.iter().all(|review| review.outcome.is_carried())
        && diesel::update(row).set(glass::ratified_at.eq(now)).execute(connection).await? == 1
    {
        note(connection, context, actor, workflow, "ratified", "workflow.ratified", json!({})).await?;
    }
    Ok(())
}

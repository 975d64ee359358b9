//! Retiring a council.

use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{CouncilId, WorkflowId};
use common::problem::Problem;
use common::roles::Permission;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use governance::workflow::{ReviewKind, ReviewOutcome, WorkflowStatus};
use serde_json::json;

use super::{Council, CouncilState, delegations, find, lock_unchanged};
use crate::audit::{self, Act};
use crate::clock;
use crate::error::Result;
use crate::governance::decision::{Locked, Review, end, lock, merge, note};
use crate::governance::routing::{open_reviews, opening, reviewer};
use crate::identity::authorize;
use crate::schema::{council_policies, councils, workflow_reviews as reviews};

/// What becomes of proposals that a council has not decided when it is retired.
#[derive(Clone, Copy, Debug)]
pub enum OpenProposals<'a> {
    /// There must be none.
    Refuse,
    /// They are cancelled.
    Cancel,
    /// This council reviews them, from the beginning.
    Move(&'a CouncilId),
}

/// An admin retires a council: it takes no proposals any more, and its domains are the default council's unless another
/// answers for them. `seen` is the council as they saw it.
pub async fn retire(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: &CouncilId,
    seen: Digest,
    open: OpenProposals<'_>,
) -> Result<Council> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditCouncils).await?;
            let council = lock_unchanged(connection, id, Some(seen)).await?;
            if council.is_default {
                let message = "the default council can't be retired: it answers where no other does";
                return Err(Problem::conflict("default_council", message).into());
            }
            if let OpenProposals::Move(to) = open {
                require_successor(connection, id, to).await?;
            }
            refuse_while_escalated_to(connection, id).await?;
            let waiting: Vec<(WorkflowId, i32)> = reviews::table
                .filter(reviews::council_id.eq(id))
                .filter(reviews::outcome.eq(ReviewOutcome::Open))
                .order((reviews::workflow_id, reviews::round))
                .select((reviews::workflow_id, reviews::round))
                .load(connection)
                .await?;
            if !waiting.is_empty() && matches!(open, OpenProposals::Refuse) {
                let message = format!(
                    "{} proposal(s) are open: have them moved (open_proposals: move) or cancelled (cancel)",
                    waiting.len()
                );
                return Err(Problem::conflict("open_proposals", message).into());
            }
            let actor = Actor::User(admin.id);
            for (workflow, round) in waiting {
                let Some(workflow) = lock(connection, workflow).await? else { continue };
                match open {
                    OpenProposals::Move(to) => hand_over(connection, context, actor, &workflow, round, id, to).await?,
                    OpenProposals::Cancel | OpenProposals::Refuse => {
                        refuse_ratification(connection, &workflow, round, id).await?;
                        let detail = json!({"reason": "its council was retired", "council_id": id});
                        end(connection, context, actor, &workflow, WorkflowStatus::Cancelled, detail).await?;
                    }
                }
            }
            delegations::end_all(connection, id).await?;
            diesel::update(councils::table.find(id))
                .set((councils::state.eq(CouncilState::Retired), councils::updated_at.eq(diesel::dsl::now)))
                .execute(connection)
                .await?;
            let act = Act::new(actor, "council.retired", "council", id);
            audit::record(connection, context, act).await?;
            find(connection, id).await
        })
        .await
}

/// Another council's policy that counts on this one has to be changed first.
async fn refuse_while_escalated_to(connection: &mut AsyncPgConnection, id: &CouncilId) -> Result<()> {
    let counting_on_it: Option<CouncilId> = councils::table
        .inner_join(council_policies::table.on(
            council_policies::council_id.eq(councils::id).and(council_policies::version.eq(councils::policy_version)),
        ))
        .filter(councils::state.eq(CouncilState::Active))
        .filter(council_policies::policy.retrieve_as_text("escalate_to").eq(id.as_str()))
        .select(councils::id)
        .first(connection)
        .await
        .optional()?;
    match counting_on_it {
        None => Ok(()),
        Some(other) => {
            let message = format!("the council {other} escalates to this one: change its policy first");
            Err(Problem::conflict("escalated_to", message).into())
        }
    }
}

/// A run that waits for its ratification can't be cancelled: the council has to answer, or another in its place.
async fn refuse_ratification(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    round: i32,
    id: &CouncilId,
) -> Result<()> {
    let kind: ReviewKind =
        reviews::table.find((workflow.id, id, round)).select(reviews::kind).first(connection).await?;
    if kind == ReviewKind::Ratification {
        let message = format!("{} waits for the council's ratification: move it, or have it decided", workflow.id);
        return Err(Problem::conflict("not_ratified", message).into());
    }
    Ok(())
}

/// Closes a review and has another council begin it anew; where that one reviews the workflow already, its word is enough.
async fn hand_over(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    actor: Actor,
    workflow: &Locked,
    round: i32,
    from: &CouncilId,
    to: &CouncilId,
) -> Result<()> {
    let row = reviews::table.find((workflow.id, from, round));
    let review: Review = row.select(Review::as_select()).first(connection).await?;
    diesel::update(row)
        .set((reviews::outcome.eq(ReviewOutcome::Escalated), reviews::decided_at.eq(diesel::dsl::now)))
        .execute(connection)
        .await?;
    let there: Option<ReviewOutcome> =
        reviews::table.find((workflow.id, to, round)).select(reviews::outcome).first(connection).await.optional()?;
    let mut opened_by = Vec::new();
    match there {
        Some(ReviewOutcome::Open) => {}
        Some(_) => {
            let message = format!("{to} has had its say on {} already: name another council", workflow.id);
            return Err(Problem::conflict("already_decided", message).into());
        }
        None => {
            let opened = clock::now(connection).await?;
            let to = reviewer(connection, to).await?;
            let question = review.question();
            open_reviews(connection, workflow.id, round, opened, std::slice::from_ref(&to), question.as_ref()).await?;
            diesel::update(reviews::table.find((workflow.id, &to.0, round)))
                .set(reviews::kind.eq(review.kind))
                .execute(connection)
                .await?;
            opened_by.push(to);
        }
    }
    let mut detail = json!({"council_id": from, "to": to, "because": "its council was retired"});
    merge(&mut detail, opening(connection, round, &opened_by).await?);
    note(connection, context, actor, workflow, "moved", "workflow.moved", detail).await
}

async fn require_successor(connection: &mut AsyncPgConnection, from: &CouncilId, to: &CouncilId) -> Result<()> {
    let active = councils::table.find(to).filter(councils::state.eq(CouncilState::Active)).count();
    let found: i64 = active.get_result(connection).await?;
    if found == 0 || to == from {
        return Err(Problem::invalid_field("/to", "must be another council that is active").into());
    }
    Ok(())
}

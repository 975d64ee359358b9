//! Voting on a workflow.

use common::Traceparent;
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{CouncilId, WorkflowId, WorkflowTypeId};
use common::problem::Problem;
use common::roles::{Permission, Role};
use common::telemetry::traces::{Attribute, Kind, Span};
use common::text::Remark;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::decide::{Period, Tally};
use governance::digest::Digest;
use governance::workflow::{ReviewKind, ReviewOutcome, Vote, WorkflowStatus};
use serde_json::json;

use super::councils::delegations::seat_for;
use super::decision::{Locked, Review, lock, note, parties, settle};
use crate::audit::network;
use crate::clock::clock_timestamp;
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{votes, workflow_reviews as reviews};

/// A vote to be.
pub struct NewVote<'a> {
    /// In which council.
    pub council: &'a CouncilId,
    /// On which workflow.
    pub workflow: WorkflowId,
    /// In which round; where votes are taken when not said, in the last such round.
    pub round: Option<i32>,
    /// What is said.
    pub vote: Vote,
    /// Why.
    pub comment: Option<&'a Remark>,
    /// What the voter saw; when given, it must be what would run.
    pub digest: Option<Digest>,
}

/// A vote that was taken, and what came of it.
pub struct Recorded {
    /// Where the review stands with it.
    pub outcome: ReviewOutcome,
    /// Where the workflow stands with it.
    pub status: WorkflowStatus,
    /// The votes so far.
    pub tally: Tally,
    /// What kind of workflow it is.
    pub workflow_type: WorkflowTypeId,
    /// Its place in the trace of whoever proposed.
    pub traceparent: Traceparent,
}

/// Takes a vote, or a changed mind, and decides the review if the vote does: under the workflow's row lock, so that
/// however many votes arrive together, it is decided exactly once.
pub async fn cast_vote(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    new: NewVote<'_>,
) -> Result<Recorded> {
    let mut span = Span::begin(Kind::Internal, context.traceparent, || "cast_vote".into());
    span.says(|| [Attribute::new("codex.workflow.id", new.workflow.to_string())]);
    match write(connection, claims, context, &new).await {
        Ok((recorded, vote)) => {
            span.links(Some(vote.traceparent()));
            Ok(recorded)
        }
        Err(error) => {
            span.fails_if(error.fault());
            Err(error)
        }
    }
}

/// Begins the vote's span in the trace of whoever proposed: the request that it came with has a trace of its own.
fn begin(workflow: &Locked, context: &RequestContext, new: &NewVote<'_>) -> Span {
    let mut span = Span::begin(Kind::Internal, workflow.place(), || "vote".into());
    span.links(context.traceparent);
    span.says(|| {
        [
            Attribute::new("codex.workflow.id", workflow.id.to_string()),
            Attribute::new("codex.council.id", new.council.to_string()),
            Attribute::new("codex.vote", new.vote.as_str()),
        ]
    });
    span
}

async fn write(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    new: &NewVote<'_>,
) -> Result<(Recorded, Span)> {
    connection
        .transaction(async |connection| {
            let voter = authorize(connection, claims, Permission::Vote).await?;
            let workflow = lock(connection, new.workflow).await?.ok_or_else(|| Problem::not_found("workflow"))?;
            let review = open_review(connection, &workflow, new.council, new.round).await?;
            let seat = seat_for(connection, new.council, voter.id).await?;
            if seat.is_none() && voter.role != Role::Admin {
                return Err(Problem::forbidden("you have no seat in this council").into());
            }
            if seat.is_none() && new.comment.is_none() {
                return Err(Problem::invalid_field("/comment", "is needed when an admin votes without a seat").into());
            }
            let parties = parties(connection, &workflow).await?;
            if parties.contains(&voter.id) || seat.is_some_and(|holder| parties.contains(&holder)) {
                return Err(Problem::forbidden(
                    "nobody votes on what they, their agent, or whom they stand in for, proposed or ran unapproved",
                )
                .into());
            }
            if new.digest.is_some_and(|seen| seen != workflow.digest) {
                return Err(Problem::conflict(
                    "digest_mismatch",
                    "the digest is not the one of what would run: look at the workflow again",
                )
                .into());
            }

            let span = begin(&workflow, context, new);
            let workflow = workflow.after(&span);
            let comment = new.comment.map(Remark::as_str);
            let values = (
                votes::vote.eq(new.vote),
                votes::comment.eq(comment),
                votes::seat_of.eq(seat),
                votes::digest.eq(workflow.digest),
                votes::address.eq(context.address.map(network)),
                // Under the workflow's lock: of two votes for one seat, the one that was taken last is the later one.
                votes::cast_at.eq(clock_timestamp()),
            );
            diesel::insert_into(votes::table)
                .values((
                    votes::workflow_id.eq(workflow.id),
                    votes::council_id.eq(new.council),
                    votes::round.eq(review.round),
                    votes::user_id.eq(voter.id),
                    values,
                ))
                .on_conflict((votes::workflow_id, votes::council_id, votes::round, votes::user_id))
                .do_update()
                .set(values)
                .execute(connection)
                .await?;
            let actor = Actor::User(voter.id);
            let detail = json!({
                "council_id": new.council, "round": review.round, "vote": new.vote, "seat_of": seat,
                "as_admin": seat.is_none(), "digest": workflow.digest,
                "comment_digest": comment.map(|comment| Digest::of(comment.as_bytes())),
            });
            note(connection, context, actor, &workflow, "voted", "vote.cast", detail).await?;
            let counted = settle(connection, context, actor, &workflow, &review, parties, Period::Running).await?;
            let recorded = Recorded {
                outcome: counted.outcome,
                status: counted.status,
                tally: counted.tally,
                workflow_type: workflow.workflow_type,
                traceparent: span.traceparent(),
            };
            Ok((recorded, span))
        })
        .await
}

/// The council's review of the workflow, while votes on it are taken. A ratification may still be open in an earlier
/// round than the one that the workflow is in.
async fn open_review(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    council: &CouncilId,
    round: Option<i32>,
) -> Result<Review> {
    let mut query = reviews::table
        .filter(reviews::workflow_id.eq(workflow.id))
        .filter(reviews::council_id.eq(council))
        .order((reviews::outcome.eq(ReviewOutcome::Open).desc(), reviews::round.desc()))
        .into_boxed();
    if let Some(round) = round {
        query = query.filter(reviews::round.eq(round));
    }
    let found = query
        .select((Review::as_select(), reviews::deadline.gt(now)))
        .first::<(Review, bool)>(connection)
        .await
        .optional()?;
    let (review, running) = found.ok_or_else(|| Problem::not_found("review of this workflow by this council"))?;
    if review.outcome != ReviewOutcome::Open {
        let message = format!("the review is {}: votes are taken only while it is open", review.outcome);
        return Err(Problem::conflict("already_decided", message).into());
    }
    // A ratification is waited for, late as it may be.
    if !running && review.kind == ReviewKind::Approval {
        let message = format!("the voting period ended at {}", review.deadline.to_rfc3339());
        return Err(Problem::conflict("voting_period_over", message).into());
    }
    Ok(review)
}

use actix_web::{post, web};
use common::auth::{RequirePermission, Vote as VotePermission};
use common::claims::Claims;
use common::http::{Body, RequestContext};
use common::ids::{CouncilId, WorkflowId};
use common::problem::{Problem, ProblemDetails};
use common::text::Remark;
use database::governance::cast_vote::{NewVote, Recorded, cast_vote};
use governance::decide::Tally;
use governance::digest::Digest;
use governance::workflow::{ReviewOutcome, Vote, WorkflowStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;

/// A vote to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CastVote {
    /// On which workflow.
    workflow_id: WorkflowId,
    /// What is said.
    vote: Vote,
    /// Why. An admin without a seat must say.
    comment: Option<Remark>,
    /// The round that the voter saw. When not said, the last in which the council takes votes on it.
    #[schema(minimum = 1)]
    round: Option<i32>,
    /// The digest that the voter saw: when it is not the one of what would run, the vote is refused.
    digest: Option<Digest>,
}

/// A vote that was taken.
#[derive(Serialize, ToSchema)]
pub struct VoteRecorded {
    /// Always `recorded`.
    vote: &'static str,
    /// On which workflow.
    workflow_id: WorkflowId,
    /// In which council.
    council_id: CouncilId,
    /// Where the review stands with it.
    outcome: ReviewOutcome,
    /// Where the workflow stands with it.
    status: WorkflowStatus,
    /// The votes so far.
    tally: Tally,
}

/// Votes on a workflow. Voting again before the decision changes the vote.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path)), request_body = CastVote,
    responses(
        (status = 200, body = VoteRecorded), (status = 403, body = ProblemDetails),
        (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails),
    )
)]
#[post("/api/councils/{council_id}/vote")]
pub async fn vote(
    voter: RequirePermission<VotePermission>,
    council: web::Path<CouncilId>,
    body: Body<CastVote>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<VoteRecorded>, Problem> {
    let (Body(new), council_id) = (body, council.into_inner());
    let workflow_id = new.workflow_id;
    let new = NewVote {
        council: &council_id,
        workflow: workflow_id,
        round: new.round,
        vote: new.vote,
        comment: new.comment.as_ref(),
        digest: new.digest,
    };
    let recorded = cast_vote(&mut *state.pool.get().await?, &voter.claims, &context, new).await?;
    tell(&voter.claims, &context, &council_id, workflow_id, &recorded);
    Ok(web::Json(VoteRecorded {
        vote: "recorded",
        workflow_id,
        council_id,
        outcome: recorded.outcome,
        status: recorded.status,
        tally: recorded.tally,
    }))
}

/// Logs the vote where the workflow is followed: in the trace of whoever proposed, by the name of the voter's request.
fn tell(claims: &Claims, context: &RequestContext, council: &CouncilId, workflow: WorkflowId, recorded: &Recorded) {
    let span = tracing::error_span!(
        parent: None,
        "vote",
        request_id = context.request_id(),
        user_id = %claims.user.id,
        trace_id = recorded.traceparent.trace_id(),
        workflow_id = %workflow,
    );
    let Recorded { outcome, status, .. } = recorded;
    span.in_scope(|| tracing::info!(council_id = %council, %outcome, %status, "voted"));
}

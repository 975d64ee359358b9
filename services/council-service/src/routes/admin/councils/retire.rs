use actix_web::{HttpResponse, post, web};
use common::auth::{EditCouncils, RequirePermission};
use common::http::{Body, IfMatch, RequestContext};
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::Council;
use database::governance::councils::retire as act;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;
use crate::routes::councils::{seen, tagged};

/// What becomes of proposals that the council has not decided.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenProposals {
    /// There must be none.
    Refuse,
    /// They are cancelled.
    Cancel,
    /// Another council reviews them, from the beginning.
    Move,
}

/// How a council is retired.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetireCouncil {
    /// What becomes of proposals that it has not decided.
    open_proposals: OpenProposals,
    /// The council that they are moved to.
    to: Option<CouncilId>,
}

impl RetireCouncil {
    fn open(&self) -> Result<act::OpenProposals<'_>, Problem> {
        match (self.open_proposals, &self.to) {
            (OpenProposals::Refuse, None) => Ok(act::OpenProposals::Refuse),
            (OpenProposals::Cancel, None) => Ok(act::OpenProposals::Cancel),
            (OpenProposals::Move, Some(to)) => Ok(act::OpenProposals::Move(to)),
            (OpenProposals::Move, None) => Err(Problem::invalid_field("/to", "is needed to move proposals")),
            (_, Some(_)) => Err(Problem::invalid_field("/to", "is for open_proposals move only")),
        }
    }
}

/// Retires a council. It has to be said what becomes of the proposals that it has not decided. Send its `ETag` in `If-Match`.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path), ("If-Match" = inline(IfMatch), Header)), request_body = RetireCouncil,
    responses(
        (status = 200, body = Council), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 412, body = ProblemDetails), (status = 422, body = ProblemDetails), (status = 428, body = ProblemDetails),
    )
)]
#[post("/api/admin/councils/{council_id}/retire")]
pub async fn retire(
    admin: RequirePermission<EditCouncils>,
    id: web::Path<CouncilId>,
    body: Body<RetireCouncil>,
    tag: IfMatch,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut connection = state.pool.get().await?;
    let council = act::retire(&mut connection, &admin.claims, &context, &id, seen(&tag)?, body.0.open()?).await?;
    Ok(tagged(&council))
}

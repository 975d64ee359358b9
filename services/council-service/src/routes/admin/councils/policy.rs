use actix_web::{HttpResponse, put, web};
use common::auth::{EditCouncils, RequirePermission};
use common::http::{Body, IfMatch, RequestContext};
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::{Council, policies};
use governance::policy::Policy;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;
use crate::routes::councils::{seen, tagged};

/// Another policy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacePolicy {
    /// What it says.
    #[serde(deserialize_with = "common::json::object")]
    policy: Policy,
}

/// Gives a council another policy, from its next proposal on: open reviews keep theirs. Send the council's `ETag` in
/// `If-Match`.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path), ("If-Match" = inline(IfMatch), Header)), request_body = ReplacePolicy,
    responses(
        (status = 200, body = Council), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 412, body = ProblemDetails), (status = 422, body = ProblemDetails), (status = 428, body = ProblemDetails),
    )
)]
#[put("/api/admin/councils/{council_id}/policy")]
pub async fn policy(
    admin: RequirePermission<EditCouncils>,
    id: web::Path<CouncilId>,
    body: Body<ReplacePolicy>,
    tag: IfMatch,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(ReplacePolicy { policy }) = body;
    let mut connection = state.pool.get().await?;
    let council = policies::replace(&mut connection, &admin.claims, &context, &id, seen(&tag)?, &policy).await?;
    Ok(tagged(&council))
}

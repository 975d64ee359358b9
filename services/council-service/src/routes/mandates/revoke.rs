use actix_web::{post, web};
use common::auth::{RequirePermission, Vote};
use common::http::{Body, RequestContext};
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use common::text::Remark;
use database::governance::mandates::{self, Mandate};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// Why a mandate is revoked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// Why.
    reason: Remark,
}

/// Revokes a mandate at once: whoever holds a seat in a council that granted it does, or an admin. What has not begun by
/// it goes back to its councils.
#[utoipa::path(
    tag = "mandates", params(("mandate_id" = WorkflowId, Path)), request_body = Revoke,
    responses(
        (status = 200, body = Mandate), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, body = ProblemDetails),
    )
)]
#[post("/api/mandates/{mandate_id}/revoke")]
pub async fn revoke(
    person: RequirePermission<Vote>,
    id: web::Path<WorkflowId>,
    body: Body<Revoke>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Mandate>, Problem> {
    let mut connection = state.pool.get().await?;
    Ok(web::Json(mandates::revoke(&mut connection, &person.claims, &context, *id, &body.0.reason).await?))
}

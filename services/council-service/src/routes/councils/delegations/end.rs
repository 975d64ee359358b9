use actix_web::{HttpResponse, delete, web};
use common::auth::{RequirePermission, Vote};
use common::http::RequestContext;
use common::ids::{CouncilId, DelegationId};
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::delegations;

use crate::State;

/// Ends a delegation at once: the holder of the seat does, who stands in, or an admin.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path), ("delegation_id" = DelegationId, Path)),
    responses((status = 204), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails))
)]
#[delete("/api/councils/{council_id}/delegations/{delegation_id}")]
pub async fn end(
    person: RequirePermission<Vote>,
    path: web::Path<(CouncilId, DelegationId)>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (council, delegation) = path.into_inner();
    delegations::end(&mut *state.pool.get().await?, &person.claims, &context, &council, delegation).await?;
    Ok(HttpResponse::NoContent().finish())
}

use actix_web::{delete, web};
use common::auth::{EditCouncils, RequirePermission};
use common::http::RequestContext;
use common::ids::{CouncilId, UserId};
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::{Council, seats};

use crate::State;

/// Takes a person's seat in a council.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path), ("user_id" = UserId, Path)),
    responses((status = 200, body = Council), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[delete("/api/admin/councils/{council_id}/seats/{user_id}")]
pub async fn delete(
    admin: RequirePermission<EditCouncils>,
    path: web::Path<(CouncilId, UserId)>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Council>, Problem> {
    let (council, user) = path.into_inner();
    let mut connection = state.pool.get().await?;
    let council = seats::unseat(&mut connection, &admin.claims, &context, &council, user).await?;
    drop(connection);
    state.access.spread().await;
    Ok(web::Json(council))
}

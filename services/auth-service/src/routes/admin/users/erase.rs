use actix_web::{HttpResponse, delete, web};
use common::auth::{EditUsers, RequirePermission};
use common::http::RequestContext;
use common::ids::UserId;
use common::problem::{Problem, ProblemDetails};
use database::identity::users;

use crate::State;

/// Erases a person: everything personal goes, here and on the record; what they did stays, under their id.
#[utoipa::path(
    tag = "users", params(("user_id" = UserId, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[delete("/api/admin/users/{user_id}")]
pub async fn erase(
    admin: RequirePermission<EditUsers>,
    user: web::Path<UserId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    users::erase(&mut *state.pool.get().await?, &admin.claims, &context, *user).await?;
    state.access.spread().await;
    Ok(HttpResponse::NoContent().finish())
}

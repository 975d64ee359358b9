use actix_web::{HttpResponse, delete, web};
use common::auth::{EditUsers, RequirePermission};
use common::http::RequestContext;
use common::ids::UserId;
use common::problem::{Problem, ProblemDetails};
use database::identity::totp;

use crate::State;

/// Takes away the second factor of a person who has lost it. They are told by e-mail.
#[utoipa::path(
    tag = "users", params(("user_id" = UserId, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails))
)]
#[delete("/api/admin/users/{user_id}/totp")]
pub async fn reset(
    admin: RequirePermission<EditUsers>,
    user: web::Path<UserId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    totp::reset(&mut *state.pool.get().await?, &admin.claims, &context, *user).await?;
    Ok(HttpResponse::NoContent().finish())
}

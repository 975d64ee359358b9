use actix_web::{HttpResponse, post, web};
use common::auth::{EditUsers, RequirePermission};
use common::http::RequestContext;
use common::ids::UserId;
use common::problem::{Problem, ProblemDetails};
use database::identity::users;

use crate::State;

/// Has an invitation sent again; the link of the one before is void then.
#[utoipa::path(
    tag = "users", params(("user_id" = UserId, Path)),
    responses((status = 202), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/admin/users/{user_id}/invitation")]
pub async fn resend(
    admin: RequirePermission<EditUsers>,
    user: web::Path<UserId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    users::invite_again(&mut *state.pool.get().await?, &admin.claims, &context, *user).await?;
    Ok(HttpResponse::Accepted().finish())
}

use actix_web::{delete, web};
use common::auth::{EditUsers, RequirePermission};
use common::http::RequestContext;
use common::ids::UserId;
use common::problem::{Problem, ProblemDetails};
use database::identity::sessions;

use crate::State;
use crate::routes::auth::sessions::end_others::Ended;

/// Ends all sessions of a person.
#[utoipa::path(
    tag = "users", params(("user_id" = UserId, Path)),
    responses((status = 200, body = Ended), (status = 404, body = ProblemDetails))
)]
#[delete("/api/admin/users/{user_id}/sessions")]
pub async fn end(
    admin: RequirePermission<EditUsers>,
    user: web::Path<UserId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Ended>, Problem> {
    let ended = sessions::end_all_of(&mut *state.pool.get().await?, &admin.claims, &context, *user).await?;
    state.access.spread().await;
    Ok(web::Json(Ended { ended }))
}

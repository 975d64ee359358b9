use actix_web::{get, web};
use common::auth::{EditUsers, RequirePermission};
use common::ids::UserId;
use common::problem::{Problem, ProblemDetails};
use database::identity::{sessions, users};

use crate::State;
use crate::routes::auth::sessions::list::Sessions;

/// Lists the sessions of a person.
#[utoipa::path(
    tag = "users", params(("user_id" = UserId, Path)),
    responses((status = 200, body = Sessions), (status = 404, body = ProblemDetails))
)]
#[get("/api/admin/users/{user_id}/sessions")]
pub async fn list(
    _admin: RequirePermission<EditUsers>,
    user: web::Path<UserId>,
    state: web::Data<State>,
) -> Result<web::Json<Sessions>, Problem> {
    let mut connection = state.pool.get().await?;
    let user = users::find(&mut connection, *user).await?;
    let sessions = sessions::open_sessions(&mut connection, user.id).await?;
    Ok(web::Json(Sessions { sessions }))
}

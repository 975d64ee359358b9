use actix_web::{get, web};
use common::auth::{EditUsers, RequirePermission};
use common::ids::UserId;
use common::problem::{Problem, ProblemDetails};
use database::identity::users::{self, User};
use database::identity::{sessions, totp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A person and how they log in.
#[derive(Serialize, ToSchema)]
pub struct UserDetail {
    /// The person.
    #[serde(flatten)]
    user: User,
    /// Whether their logins ask for a second factor.
    totp_enabled: bool,
    /// How many sessions of theirs have not ended.
    open_sessions: usize,
}

/// Tells about a person.
#[utoipa::path(
    tag = "users", params(("user_id" = UserId, Path)),
    responses((status = 200, body = UserDetail), (status = 404, body = ProblemDetails))
)]
#[get("/api/admin/users/{user_id}")]
pub async fn read(
    _admin: RequirePermission<EditUsers>,
    user: web::Path<UserId>,
    state: web::Data<State>,
) -> Result<web::Json<UserDetail>, Problem> {
    let mut connection = state.pool.get().await?;
    let user = users::find(&mut connection, *user).await?;
    let totp = totp::find(&mut connection, user.id).await?;
    let open_sessions = sessions::open_sessions(&mut connection, user.id).await?.len();
    let totp_enabled = totp.is_some_and(|totp| totp.confirmed_at.is_some());
    Ok(web::Json(UserDetail { user, totp_enabled, open_sessions }))
}

use actix_web::{patch, web};
use common::auth::{EditUsers, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::UserId;
use common::problem::{Problem, ProblemDetails};
use common::roles::Role;
use common::text::Name;
use database::identity::users::{self, Change, User, UserState};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// What is to be changed; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// Another name.
    name: Option<Name>,
    /// Another role. Not one's own.
    role: Option<Role>,
    /// `active` or `deactivated`. Not one's own.
    state: Option<UserState>,
}

/// Changes a person. With another role, their tokens end; deactivated, their sessions do.
#[utoipa::path(
    tag = "users", params(("user_id" = UserId, Path)), request_body = ChangeUser,
    responses((status = 200, body = User), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[patch("/api/admin/users/{user_id}")]
pub async fn change(
    admin: RequirePermission<EditUsers>,
    user: web::Path<UserId>,
    body: Body<ChangeUser>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<User>, Problem> {
    let Body(ChangeUser { name, role, state: user_state }) = body;
    let change = Change { name: name.as_ref(), role, state: user_state };
    let user = users::change(&mut *state.pool.get().await?, &admin.claims, &context, *user, change).await?;
    state.access.spread().await;
    Ok(web::Json(user))
}

use actix_web::{patch, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use common::text::Name;
use database::identity::users::{self, User};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// What people may change of themselves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMe {
    /// Another name.
    name: Name,
}

/// Changes one's own name. Role and state are not one's own to change.
#[utoipa::path(
    tag = "auth", request_body = ChangeMe,
    responses((status = 200, body = User), (status = 422, body = ProblemDetails))
)]
#[patch("/api/auth/me")]
pub async fn change_me(
    Authenticated(claims): Authenticated,
    body: Body<ChangeMe>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<User>, Problem> {
    let user = users::rename_self(&mut *state.pool.get().await?, &claims, &context, &body.0.name).await?;
    state.access.spread().await;
    Ok(web::Json(user))
}

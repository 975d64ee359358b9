use actix_web::{HttpResponse, post, web};
use common::auth::{EditUsers, RequirePermission};
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use common::roles::Role;
use common::text::{Email, Name};
use database::identity::users::{self, NewUser, User};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// A person to be invited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteUser {
    /// Their e-mail address.
    email: Email,
    /// Their name.
    name: Name,
    /// Their role.
    role: Role,
}

/// Invites a person by e-mail: they choose their password themselves.
#[utoipa::path(
    tag = "users", request_body = InviteUser,
    responses((status = 201, body = User), (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/admin/users/invite")]
pub async fn invite(
    admin: RequirePermission<EditUsers>,
    body: Body<InviteUser>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    let new = NewUser { email: &new.email, name: &new.name, password_hash: None, role: new.role };
    let user = users::create(&mut *state.pool.get().await?, &admin.claims, &context, new).await?;
    Ok(HttpResponse::Created().json(user))
}

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
use crate::passwords::NewPassword;

/// A person to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// Their e-mail address.
    email: Email,
    /// Their name.
    name: Name,
    /// Their role.
    role: Role,
    /// Their first password.
    password: NewPassword,
}

/// Adds a person.
#[utoipa::path(
    tag = "users", request_body = CreateUser,
    responses((status = 201, body = User), (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/admin/users")]
pub async fn create(
    admin: RequirePermission<EditUsers>,
    body: Body<CreateUser>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    new.password.check_against(&[new.email.as_str(), new.name.as_str()], "/password")?;
    let password_hash = state.passwords.hash(&new.password).await?;
    let new = NewUser { email: &new.email, name: &new.name, password_hash: Some(&password_hash), role: new.role };
    let user = users::create(&mut *state.pool.get().await?, &admin.claims, &context, new).await?;
    Ok(HttpResponse::Created().json(user))
}

use actix_web::{HttpResponse, post, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::passwords;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;
use crate::passwords::NewPassword;
use crate::proof::{Password, check_password};

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The one until now.
    current_password: Password,
    /// The one from now on.
    new_password: NewPassword,
}

/// Changes one's password. All other sessions of the person end.
#[utoipa::path(
    tag = "auth", request_body = ChangePassword,
    responses((status = 204), (status = 403, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/auth/password")]
pub async fn password(
    Authenticated(claims): Authenticated,
    body: Body<ChangePassword>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(ChangePassword { current_password, new_password }) = body;
    new_password.check_against(&[&claims.user.email, &claims.user.name], "/new_password")?;
    let old_hash = check_password(&state, &claims, &context, &current_password).await?;
    let new_hash = state.passwords.hash(&new_password).await?;
    let mut connection = state.pool.get().await?;
    passwords::change(&mut connection, &claims, &context, &old_hash, &new_hash).await?;
    drop(connection);
    state.access.spread().await;
    Ok(HttpResponse::NoContent().finish())
}

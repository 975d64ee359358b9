use actix_web::{HttpResponse, post, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::totp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::in_use;
use crate::State;
use crate::proof::{Password, check_password, good_code};
use crate::second_factor::{Code, factor};

/// Shows that it is the person themselves, by both factors.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BothFactors {
    /// Their password.
    pub password: Password,
    /// A code of their authenticator, or a recovery code.
    pub code: Code,
}

/// Has logins ask for no second factor any more.
#[utoipa::path(
    tag = "auth", request_body = BothFactors,
    responses((status = 204), (status = 403, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/auth/totp/disable")]
pub async fn disable(
    Authenticated(claims): Authenticated,
    body: Body<BothFactors>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let authenticator = in_use(&state, &claims).await?;
    check_password(&state, &claims, &context, &body.0.password).await?;
    let mut hash = [0; 32];
    let factor = factor(&authenticator, &body.0.code, &mut hash);
    good_code(totp::disable(&mut *state.pool.get().await?, &claims, &context, factor).await?)?;
    Ok(HttpResponse::NoContent().finish())
}

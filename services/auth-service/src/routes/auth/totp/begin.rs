use actix_web::{HttpResponse, post, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::totp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;
use crate::proof::{Password, check_password};
use crate::second_factor::Authenticator;

/// Shows that it is the person themselves.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginTotp {
    /// Their password.
    password: Password,
}

/// What an authenticator needs to know. This is the only time that it is shown.
#[derive(Serialize, ToSchema)]
pub struct TotpSecret {
    /// The secret, to be typed.
    secret: String,
    /// The same to be scanned, as a QR code of this URI.
    otpauth_uri: String,
}

/// Begins to set up an authenticator. Logins ask for it once a code of it was confirmed.
#[utoipa::path(
    tag = "auth", request_body = BeginTotp,
    responses((status = 201, body = TotpSecret), (status = 403, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/auth/totp")]
pub async fn begin(
    Authenticated(claims): Authenticated,
    body: Body<BeginTotp>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    check_password(&state, &claims, &context, &body.0.password).await?;
    let authenticator = Authenticator::generate(&claims.user.email)?;
    let sealed = authenticator.encrypt(&state.encryption, claims.user.id)?;
    totp::begin(&mut *state.pool.get().await?, &claims, &sealed).await?;
    let (secret, otpauth_uri) = (authenticator.secret(), authenticator.uri()?);
    Ok(HttpResponse::Created().json(TotpSecret { secret, otpauth_uri }))
}

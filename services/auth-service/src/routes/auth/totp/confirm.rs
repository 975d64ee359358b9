use actix_web::{post, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::totp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::none;
use crate::State;
use crate::proof::good_code;
use crate::second_factor::{Authenticator, Code, recovery_codes, recovery_hash};

/// Shows that the authenticator works.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTotp {
    /// A code of it.
    pub code: Code,
}

/// Codes for who has lost the authenticator. This is the only time that they are shown.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each is good for one login.
    pub recovery_codes: Vec<String>,
}

/// Has logins ask for the authenticator from now on, and gives recovery codes.
#[utoipa::path(
    tag = "auth", request_body = ConfirmTotp,
    responses((status = 200, body = RecoveryCodes), (status = 403, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/auth/totp/confirm")]
pub async fn confirm(
    Authenticated(claims): Authenticated,
    body: Body<ConfirmTotp>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<RecoveryCodes>, Problem> {
    let mut connection = state.pool.get().await?;
    let found = totp::find(&mut connection, claims.user.id).await?;
    let secret = found.filter(|totp| totp.confirmed_at.is_none()).ok_or_else(none)?.secret;
    let authenticator = Authenticator::decrypt(&state.encryption, claims.user.id, &claims.user.email, &secret)?;
    let step = authenticator.step_of(&body.0.code);
    let recovery_codes = recovery_codes()?;
    let hashes: Vec<_> = recovery_codes.iter().map(|code| recovery_hash(code)).collect();
    good_code(totp::confirm(&mut connection, &claims, &context, &secret, step, &hashes).await?)?;
    Ok(web::Json(RecoveryCodes { recovery_codes }))
}

use actix_web::{post, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::totp;

use super::confirm::RecoveryCodes;
use super::disable::BothFactors;
use super::in_use;
use crate::State;
use crate::proof::{check_password, good_code};
use crate::second_factor::{factor, recovery_codes, recovery_hash};

/// Gives new recovery codes in place of all before.
#[utoipa::path(
    tag = "auth", request_body = BothFactors,
    responses((status = 200, body = RecoveryCodes), (status = 403, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/auth/totp/recovery-codes")]
pub async fn renew_codes(
    Authenticated(claims): Authenticated,
    body: Body<BothFactors>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<RecoveryCodes>, Problem> {
    let authenticator = in_use(&state, &claims).await?;
    check_password(&state, &claims, &context, &body.0.password).await?;
    let mut hash = [0; 32];
    let factor = factor(&authenticator, &body.0.code, &mut hash);
    let recovery_codes = recovery_codes()?;
    let hashes: Vec<_> = recovery_codes.iter().map(|code| recovery_hash(code)).collect();
    good_code(totp::renew_codes(&mut *state.pool.get().await?, &claims, &context, factor, &hashes).await?)?;
    Ok(web::Json(RecoveryCodes { recovery_codes }))
}

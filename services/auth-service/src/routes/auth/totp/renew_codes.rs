use actix_web::{post, web};
use common::auth::Authenticated;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::identity::{logins, totp};

use super::confirm::RecoveryCodes;
use super::disable::BothFactors;
use super::in_use;
use crate::State;
use crate::device::Client;
use crate::proof::{check_password, wrong_code};
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
    client: Client,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<RecoveryCodes>, Problem> {
    let authenticator = in_use(&state, &claims).await?;
    check_password(&state, &claims, &context, &client, &body.0.password).await?;
    let mut hash = [0; 32];
    let factor = factor(&authenticator, &body.0.code, &mut hash);
    let recovery_codes = recovery_codes()?;
    let hashes: Vec<_> = recovery_codes.iter().map(|code| recovery_hash(code)).collect();
    let mut connection = state.pool.get().await?;
    if !totp::renew_codes(&mut connection, &claims, &context, factor, &hashes).await? {
        let lifetimes = state.identity.sessions;
        logins::count_failure(&mut connection, &context, claims.user.id, client.device(), lifetimes).await?;
        return Err(wrong_code());
    }
    Ok(web::Json(RecoveryCodes { recovery_codes }))
}

use actix_web::{get, web};
use common::auth::Authenticated;
use common::problem::{Problem, ProblemDetails};
use database::identity::totp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A person's second factor.
#[derive(Serialize, ToSchema)]
pub struct SecondFactor {
    /// Whether logins ask for it.
    enabled: bool,
    /// How many recovery codes are left.
    recovery_codes_left: i64,
}

/// Tells whether one's logins ask for a second factor.
#[utoipa::path(tag = "auth", responses((status = 200, body = SecondFactor), (status = 401, body = ProblemDetails)))]
#[get("/api/auth/totp")]
pub async fn read(
    Authenticated(claims): Authenticated,
    state: web::Data<State>,
) -> Result<web::Json<SecondFactor>, Problem> {
    let mut connection = state.pool.get().await?;
    let found = totp::find(&mut connection, claims.user.id).await?;
    let recovery_codes_left = totp::recovery_codes_left(&mut connection, claims.user.id).await?;
    let enabled = found.is_some_and(|totp| totp.confirmed_at.is_some());
    Ok(web::Json(SecondFactor { enabled, recovery_codes_left }))
}

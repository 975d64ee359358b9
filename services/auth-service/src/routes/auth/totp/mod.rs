//! `/api/auth/totp`.

pub mod begin;
pub mod confirm;
pub mod disable;
pub mod read;
pub mod renew_codes;
pub mod verify;

use common::claims::Claims;
use common::problem::Problem;
use database::identity::totp;

use crate::State;
use crate::second_factor::Authenticator;

/// What is not there when no authenticator is set up.
fn none() -> Problem {
    Problem::conflict("no_totp", "no authenticator is in use: set one up first")
}

/// The authenticator that a person uses.
async fn in_use(state: &State, claims: &Claims) -> Result<Authenticator, Problem> {
    let found = totp::find(&mut *state.pool.get().await?, claims.user.id).await?;
    let totp = found.filter(|totp| totp.confirmed_at.is_some()).ok_or_else(none)?;
    Authenticator::decrypt(&state.encryption, claims.user.id, &claims.user.email, &totp.secret)
}

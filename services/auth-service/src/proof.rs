//! Shows once more that who asks is the person themselves, before something of the account is changed.

use common::claims::Claims;
use common::http::RequestContext;
use common::problem::Problem;
use common::text::{Email, Text};
use database::identity::{logins, passwords};

use crate::State;
use crate::device::Client;
use crate::routes::auth::login::too_many;

/// A password that somebody types to log in or to show that it is they: any text that is not absurdly long.
pub type Password = Text<0, 1000>;

/// Checks the password of a logged-in person and returns its hash. A wrong one counts as a failed login does: a stolen
/// token is no way to guess on.
pub async fn check_password(
    state: &State,
    claims: &Claims,
    context: &RequestContext,
    client: &Client,
    password: &Password,
) -> Result<String, Problem> {
    refuse_locked(state, claims).await?;
    let mut connection = state.pool.get().await?;
    let hash = passwords::hash_of(&mut connection, claims.user.id).await?;
    // No connection is held while the password is checked: that takes long.
    drop(connection);
    let matches = state.passwords.verify(password.as_str(), hash.as_deref()).await?;
    match hash {
        Some(hash) if matches => Ok(hash),
        _ => {
            let mut connection = state.pool.get().await?;
            let lifetimes = state.identity.sessions;
            logins::count_failure(&mut connection, context, claims.user.id, client.device(), lifetimes).await?;
            Err(Problem::new(actix_web::http::StatusCode::FORBIDDEN, "wrong_password", "the password is wrong"))
        }
    }
}

/// Refuses a person whose account is locked: a stolen token is no way around the wait.
pub async fn refuse_locked(state: &State, claims: &Claims) -> Result<(), Problem> {
    let email = Email::try_from(claims.user.email.clone()).map_err(Problem::internal)?;
    match logins::look_up(&mut *state.pool.get().await?, &email).await?.wait {
        Some(wait) => Err(too_many(wait)),
        None => Ok(()),
    }
}

/// The answer to a wrong second factor, when somebody changes their account.
pub fn wrong_code() -> Problem {
    Problem::new(
        actix_web::http::StatusCode::FORBIDDEN,
        "wrong_code",
        "the code is wrong or was used already: wait for the next one",
    )
}

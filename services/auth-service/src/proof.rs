//! Shows once more that who asks is the person themselves, before something of the account is changed.

use actix_web::http::StatusCode;
use common::claims::Claims;
use common::http::RequestContext;
use common::problem::Problem;
use common::text::{Email, Text};
use database::identity::logins::{self, Proof};
use database::identity::passwords;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;
use crate::routes::auth::login::too_many;

/// A password that somebody types to log in or to show that it is they: any text that is not absurdly long.
#[derive(Deserialize, ToSchema)]
#[schema(value_type = String, format = Password, max_length = 1000, pattern = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")]
pub struct Password(Text<0, 1000>);

impl Password {
    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Checks the password of a logged-in person and returns its hash. A wrong one counts as a failed login does: a stolen
/// token is no way to guess on.
pub async fn check_password(
    state: &State,
    claims: &Claims,
    context: &RequestContext,
    password: &Password,
) -> Result<String, Problem> {
    let email = Email::try_from(claims.user.email.clone()).map_err(Problem::internal)?;
    let mut connection = state.pool.get().await?;
    let known = logins::look_up(&mut connection, &email).await?;
    if let Some(wait) = known.wait {
        logins::refuse(&mut connection, context, known.user.as_ref(), "locked").await?;
        return Err(too_many(wait));
    }
    let hash = passwords::hash_of(&mut connection, claims.user.id).await?;
    // No connection is held while the password is checked: that takes long.
    drop(connection);
    let right = state.passwords.verify(password.as_str(), hash.as_deref()).await?;
    let mut connection = state.pool.get().await?;
    let proof = logins::prove_password(&mut connection, context, claims.user.id, right).await?;
    match (proof, hash) {
        (Proof::Good, Some(hash)) => Ok(hash),
        (Proof::Locked(wait), _) => Err(too_many(wait)),
        _ => Err(Problem::new(StatusCode::FORBIDDEN, "wrong_password", "the password is wrong")),
    }
}

/// Passes on a second factor that was good, when somebody changes their account.
pub fn good_code(proof: Proof) -> Result<(), Problem> {
    match proof {
        Proof::Good => Ok(()),
        Proof::Wrong => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "wrong_code",
            "the code is wrong or was used already: wait for the next one",
        )),
        Proof::Locked(wait) => Err(too_many(wait)),
    }
}

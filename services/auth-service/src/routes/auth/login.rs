use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use common::claims::Identity;
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use common::text::Email;
use database::identity::logins::{self, Known, Outcome, Shown};
use database::identity::sessions::Session;
use database::identity::users::UserState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;
use crate::device::Client;
use crate::metrics::{LoginMetrics, LoginOutcome};
use crate::proof::Password;
use crate::refresh_cookie;
use crate::second_factor::{Authenticator, Code, factor};
use crate::tokens::OneTimeSecret;

/// How long a login waits for the counters of its address.
const REDIS_WAIT: Duration = Duration::from_millis(500);

/// What somebody logs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Their e-mail address.
    email: Email,
    /// Their password.
    password: Password,
    /// A code of their authenticator, or a recovery code, once they were asked for it.
    code: Option<Code>,
}

/// A token and whose it is.
#[derive(Serialize, ToSchema)]
pub struct LoggedIn {
    /// To be sent as `Authorization: Bearer`.
    token: String,
    /// For how many seconds it holds.
    expires_in: u64,
    /// Whose it is.
    user: Identity,
}

/// Logs a person in. A browser gets a refresh token, too, in a cookie.
#[utoipa::path(
    tag = "auth", request_body = Credentials, security(()),
    responses((status = 200, body = LoggedIn), (status = 401, body = ProblemDetails), (status = 429, body = ProblemDetails))
)]
#[post("/api/auth/login")]
pub async fn login(
    credentials: Body<Credentials>,
    client: Client,
    context: RequestContext,
    state: web::Data<State>,
    logins_counted: web::Data<LoginMetrics>,
) -> Result<HttpResponse, Problem> {
    let Body(Credentials { email, password, code }) = credentials;
    if let Some(address) = context.address
        && let Some(wait) = in_time(state.queue.login_wait(address)).await.flatten()
    {
        logins::refuse(&mut *state.pool.get().await?, &context, None, "too many failures from this address").await?;
        logins_counted.ended(LoginOutcome::Locked);
        return Err(too_many(wait));
    }
    let known = logins::look_up(&mut *state.pool.get().await?, &email).await?;
    // No connection is held while the password is checked: that takes long. A locked account costs no hash.
    let matches = match known.wait {
        Some(_) => false,
        None => state.passwords.verify(password.as_str(), known.password_hash.as_deref()).await?,
    };
    let mut hash = [0; 32];
    let shown = shown(&state, &known, matches, code.as_ref(), &mut hash)?;
    let mut connection = state.pool.get().await?;
    let (user, lifetimes) = (known.user.as_ref(), state.identity.sessions);
    let outcome = logins::settle(&mut connection, &context, &email, user, shown, client.device(), lifetimes).await?;
    drop(connection);
    logins_counted.ended(match &outcome {
        Outcome::In(_) => LoginOutcome::Succeeded,
        Outcome::SecondFactorNeeded => LoginOutcome::SecondFactorNeeded,
        Outcome::Locked(_) => LoginOutcome::Locked,
        Outcome::Refused => LoginOutcome::Refused,
    });
    match outcome {
        Outcome::In(session) => answer(&state, &session, &client.refresh),
        Outcome::SecondFactorNeeded => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "second_factor_needed",
            "send a code of your authenticator, or a recovery code, in the field code",
        )),
        Outcome::Locked(wait) => Err(too_many(wait)),
        Outcome::Refused => {
            if let Some(address) = context.address {
                in_time(state.queue.count_login_failure(address)).await;
            }
            Err(Problem::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "Invalid credentials"))
        }
    }
}

/// What Redis says, if it says it soon: each account's own lock holds without it.
async fn in_time<T>(asked: impl Future<Output = queue::Result<T>>) -> Option<T> {
    let said = tokio::time::timeout(REDIS_WAIT, asked).await.map_err(|_| "no answer in time".to_owned());
    said.and_then(|said| said.map_err(|error| error.to_string()))
        .inspect_err(|error| tracing::warn!("failed logins are not counted by address now: {error}"))
        .ok()
}

fn shown<'a>(
    state: &State,
    known: &Known,
    matches: bool,
    code: Option<&Code>,
    hash: &'a mut [u8; 32],
) -> Result<Shown<'a>, Problem> {
    let user = match &known.user {
        Some(user) if matches && user.state == UserState::Active => user,
        Some(_) if matches => return Ok(Shown::Nothing("deactivated")),
        _ => return Ok(Shown::Nothing("wrong credentials")),
    };
    match (&known.totp_secret, code) {
        (None, _) => Ok(Shown::Password),
        (Some(_), None) => Ok(Shown::PasswordOnly),
        (Some(secret), Some(code)) => {
            let authenticator = Authenticator::decrypt(&state.encryption, user.id, &user.email, secret)?;
            Ok(Shown::Both(factor(&authenticator, code, hash)))
        }
    }
}

/// The answer for a session: an access token in the body, the refresh token in the cookie.
pub fn answer(state: &State, session: &Session, refresh: &OneTimeSecret) -> Result<HttpResponse, Problem> {
    let lifetime = state.identity.token_lifetime;
    let token = state.signer.sign(&session.claims(lifetime))?;
    let left = (session.expires_at - chrono::Utc::now()).to_std().unwrap_or_default();
    let body = LoggedIn { token, expires_in: lifetime.as_secs(), user: session.identity.clone() };
    Ok(HttpResponse::Ok().cookie(refresh_cookie::set(&refresh.text, left)).json(body))
}

/// The answer while an account or an address is locked; whether there is such an account, it does not say.
pub fn too_many(wait: Duration) -> Problem {
    let seconds = wait.as_secs() + 1;
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_attempts",
        format!("too many attempts have failed: try again in {seconds} seconds"),
    )
    .retry_after(seconds)
}

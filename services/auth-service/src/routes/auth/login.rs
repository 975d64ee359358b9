use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, USER_AGENT};
use actix_web::{HttpRequest, post, web};
use common::claims::{Claims, Identity};
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use common::text::{Email, Text};
use database::identity::users::UserState;
use database::identity::{sessions, users};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;

/// What somebody logs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Their e-mail address.
    email: Email,
    /// Their password.
    #[schema(value_type = String, format = Password)]
    password: Text<0, 1000>,
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

/// Logs a person in.
#[utoipa::path(
    tag = "auth", request_body = Credentials,
    responses((status = 200, body = LoggedIn), (status = 401, body = ProblemDetails))
)]
#[post("/api/auth/login")]
pub async fn login(
    credentials: Body<Credentials>,
    request: HttpRequest,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<LoggedIn>, Problem> {
    let Body(Credentials { email, password }) = credentials;
    let found = users::for_login(&mut *state.pool.get().await?, &email).await?;
    // No connection is held while the password is checked: that takes long.
    let matches = state.passwords.verify(password.as_str(), found.as_ref().map(|(_, hash)| hash.as_str())).await?;

    let mut connection = state.pool.get().await?;
    let user = match found {
        Some((user, _)) if matches && user.state == UserState::Active => user,
        refused => {
            let reason = if matches { "deactivated" } else { "wrong credentials" };
            let user = refused.map(|(user, _)| user.id);
            sessions::refuse(&mut connection, &context, user, reason).await?;
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "Invalid credentials"));
        }
    };
    let lifetime = state.identity.token_lifetime;
    let agent = user_agent(request.headers());
    let session = sessions::open(&mut connection, &context, &user, agent.as_deref(), lifetime).await?;
    let identity = users::identity(&mut connection, &user).await?;
    let claims = Claims::new(identity.clone(), session, lifetime);
    let token = state.keys.sign(&claims).map_err(Problem::internal)?;
    Ok(web::Json(LoggedIn { token, expires_in: lifetime.as_secs(), user: identity }))
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(400).collect())
}

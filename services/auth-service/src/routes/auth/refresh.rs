use actix_web::{HttpResponse, post, web};
use common::http::RequestContext;
use common::problem::{Problem, ProblemDetails};
use database::identity::sessions::{self, Refreshed};

use super::login::{LoggedIn, answer};
use crate::State;
use crate::device::Client;
use crate::refresh_cookie::RefreshToken;

/// Carries a session on: takes the refresh token of the cookie, and gives another and an access token that says what is
/// so now. For browsers; the header `X-Requested-With` shows that no other site sends it.
#[utoipa::path(
    tag = "auth", security(()),
    params(("X-Requested-With" = String, Header, description = "Anything."), ("__Host-codex_refresh" = String, Cookie)),
    responses((status = 200, body = LoggedIn), (status = 401, body = ProblemDetails), (status = 403, body = ProblemDetails))
)]
#[post("/api/auth/refresh")]
pub async fn refresh(
    RefreshToken(shown): RefreshToken,
    client: Client,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mut connection = state.pool.get().await?;
    let lifetimes = state.identity.sessions;
    let refreshed = sessions::refresh(&mut connection, &context, &shown, client.device(), lifetimes).await?;
    drop(connection);
    match refreshed {
        Refreshed::Session(session) => answer(&state, &session, &client.refresh),
        Refreshed::Stolen => {
            state.access.spread().await;
            Err(over())
        }
        Refreshed::Refused => Err(over()),
    }
}

fn over() -> Problem {
    Problem::unauthorized("the session is over: log in again")
}

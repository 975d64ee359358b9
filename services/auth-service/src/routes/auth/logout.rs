use actix_web::{HttpResponse, post, web};
use common::auth::Authenticated;
use common::http::RequestContext;
use common::problem::{Problem, ProblemDetails};
use database::identity::sessions::{self, Which};

use crate::State;
use crate::refresh_cookie;

/// Ends the session of the token.
#[utoipa::path(tag = "auth", responses((status = 204), (status = 401, body = ProblemDetails)))]
#[post("/api/auth/logout")]
pub async fn logout(
    Authenticated(claims): Authenticated,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    sessions::end_own(&mut *state.pool.get().await?, &claims, &context, Which::One(claims.sid)).await?;
    state.access.spread().await;
    Ok(HttpResponse::NoContent().cookie(refresh_cookie::clear()).finish())
}

use actix_web::{HttpResponse, delete, web};
use common::auth::Authenticated;
use common::http::RequestContext;
use common::ids::SessionId;
use common::problem::{Problem, ProblemDetails};
use database::identity::sessions::{self, Which};

use crate::State;

/// Ends one of one's own sessions.
#[utoipa::path(
    tag = "auth", params(("session_id" = SessionId, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails))
)]
#[delete("/api/auth/sessions/{session_id}")]
pub async fn end(
    Authenticated(claims): Authenticated,
    session: web::Path<SessionId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    sessions::end_own(&mut *state.pool.get().await?, &claims, &context, Which::One(*session)).await?;
    state.access.spread().await;
    Ok(HttpResponse::NoContent().finish())
}

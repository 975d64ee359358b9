use actix_web::{HttpResponse, delete, web};
use common::auth::{EditUsers, RequirePermission};
use common::http::RequestContext;
use common::ids::SessionId;
use common::problem::{Problem, ProblemDetails};
use database::identity::sessions;

use crate::State;

/// Ends a session, whosever it is.
#[utoipa::path(
    tag = "users", params(("session_id" = SessionId, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails))
)]
#[delete("/api/admin/sessions/{session_id}")]
pub async fn end(
    admin: RequirePermission<EditUsers>,
    session: web::Path<SessionId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    sessions::end_any(&mut *state.pool.get().await?, &admin.claims, &context, *session).await?;
    state.access.spread().await;
    Ok(HttpResponse::NoContent().finish())
}

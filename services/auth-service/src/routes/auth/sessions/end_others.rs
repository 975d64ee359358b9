use actix_web::{delete, web};
use common::auth::Authenticated;
use common::http::RequestContext;
use common::problem::{Problem, ProblemDetails};
use database::identity::sessions::{self, Which};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
pub struct Ended {
    /// That many.
    pub ended: usize,
}

/// Ends all of one's own sessions but this one.
#[utoipa::path(tag = "auth", responses((status = 200, body = Ended), (status = 401, body = ProblemDetails)))]
#[delete("/api/auth/sessions")]
pub async fn end_others(
    Authenticated(claims): Authenticated,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Ended>, Problem> {
    let others = Which::AllBut(claims.sid);
    let ended = sessions::end_own(&mut *state.pool.get().await?, &claims, &context, others).await?;
    state.access.spread().await;
    Ok(web::Json(Ended { ended }))
}

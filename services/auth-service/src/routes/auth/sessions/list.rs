use actix_web::{get, web};
use common::auth::Authenticated;
use common::problem::{Problem, ProblemDetails};
use database::identity::sessions::{self, OpenSession};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A person's sessions.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// Those that have not ended, newest first.
    pub sessions: Vec<OpenSession>,
}

/// Lists one's own sessions.
#[utoipa::path(tag = "auth", responses((status = 200, body = Sessions), (status = 401, body = ProblemDetails)))]
#[get("/api/auth/sessions")]
pub async fn list(
    Authenticated(claims): Authenticated,
    state: web::Data<State>,
) -> Result<web::Json<Sessions>, Problem> {
    let sessions = sessions::open_sessions(&mut *state.pool.get().await?, claims.user.id).await?;
    Ok(web::Json(Sessions { sessions }))
}

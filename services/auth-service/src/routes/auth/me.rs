use actix_web::{get, web};
use common::auth::Authenticated;
use common::claims::Identity;
use common::ids::SessionId;
use common::problem::ProblemDetails;
use serde::Serialize;
use utoipa::ToSchema;

/// Whose token it is.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The person.
    user: Identity,
    /// The login.
    session: Session,
}

/// A login.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// Names it.
    id: SessionId,
    /// When its token ends, in seconds since the Unix epoch.
    expires_at: i64,
}

/// Tells whose token this is. Costs no I/O.
#[utoipa::path(tag = "auth", responses((status = 200, body = Me), (status = 401, body = ProblemDetails)))]
#[get("/api/auth/me")]
pub async fn me(Authenticated(claims): Authenticated) -> web::Json<Me> {
    web::Json(Me { session: Session { id: claims.sid, expires_at: claims.exp }, user: claims.user })
}

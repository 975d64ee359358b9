use std::sync::Arc;

use actix_web::{get, web};
use common::auth::Authenticated;
use common::claims::{Claims, Identity};
use common::ids::SessionId;
use common::problem::ProblemDetails;
use serde::Serialize;
use utoipa::ToSchema;

/// Whose token it is.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The person.
    #[serde(serialize_with = "user_of")]
    #[schema(value_type = Identity)]
    user: Arc<Claims>,
    /// The login.
    session: Session,
}

fn user_of<S: serde::Serializer>(claims: &Arc<Claims>, serializer: S) -> Result<S::Ok, S::Error> {
    claims.user.serialize(serializer)
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
    web::Json(Me { session: Session { id: claims.sid, expires_at: claims.exp }, user: claims })
}

use actix_web::{get, web};
use common::auth::{ReadAuditLog, RequirePermission};
use common::page::{Cursor, PageQuery};
use common::problem::Problem;
use database::audit::{self, Checkpoint};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A page of checkpoints.
#[derive(Serialize, ToSchema)]
pub struct Checkpoints {
    /// The checkpoints, newest first.
    checkpoints: Vec<Checkpoint>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<i64>>,
}

/// Lists the signed checkpoints of the record. Whoever keeps one elsewhere can tell later that nothing was cut off.
#[utoipa::path(tag = "audit", params(PageQuery<i64>), responses((status = 200, body = Checkpoints)))]
#[get("/api/admin/audit-logs/checkpoints")]
pub async fn checkpoints(
    _admin: RequirePermission<ReadAuditLog>,
    page: web::Query<PageQuery<i64>>,
    state: web::Data<State>,
) -> Result<web::Json<Checkpoints>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let (checkpoints, next_cursor) = audit::checkpoints(&mut *state.reads.get().await?, limit, after).await?;
    Ok(web::Json(Checkpoints { checkpoints, next_cursor }))
}

use actix_web::{get, web};
use common::auth::{ReadAuditLog, RequirePermission};
use common::page::{Cursor, PageQuery};
use common::problem::Problem;
use database::audit::{self, Row};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A page of the record.
#[derive(Serialize, ToSchema)]
pub struct AuditLogs {
    /// The rows, newest first.
    audit_logs: Vec<Row>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<i64>>,
}

/// Lists the record.
#[utoipa::path(tag = "audit", params(PageQuery<i64>), responses((status = 200, body = AuditLogs)))]
#[get("/api/admin/audit-logs")]
pub async fn list(
    _admin: RequirePermission<ReadAuditLog>,
    page: web::Query<PageQuery<i64>>,
    state: web::Data<State>,
) -> Result<web::Json<AuditLogs>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let mut connection = state.pool.get().await?;
    let (audit_logs, next_cursor) = audit::list(&mut connection, limit, after).await?;
    Ok(web::Json(AuditLogs { audit_logs, next_cursor }))
}

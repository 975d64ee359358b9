use actix_web::{get, web};
use common::auth::{ReadAuditLog, RequirePermission};
use common::page::{Cursor, Limit};
use common::problem::Problem;
use database::audit::{self, Row};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor<i64>>,
}

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
#[utoipa::path(tag = "audit", params(Page), responses((status = 200, body = AuditLogs)))]
#[get("/api/admin/audit-logs")]
pub async fn list(
    _admin: RequirePermission<ReadAuditLog>,
    page: web::Query<Page>,
    state: web::Data<State>,
) -> Result<web::Json<AuditLogs>, Problem> {
    let Page { limit, cursor } = page.into_inner();
    let mut connection = state.pool.get().await?;
    let (audit_logs, next_cursor) = audit::list(&mut connection, limit, cursor.map(|Cursor(id)| id)).await?;
    Ok(web::Json(AuditLogs { audit_logs, next_cursor }))
}

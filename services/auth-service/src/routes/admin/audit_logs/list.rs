use actix_web::{get, web};
use chrono::{DateTime, Utc};
use common::auth::{ReadAuditLog, RequirePermission};
use common::moment;
use common::page::{Cursor, Limit};
use common::problem::Problem;
use common::text::Text;
use database::audit::{self, Filter, Row};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::State;

/// Which rows of the record, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAuditLogs {
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<i64>>,
    /// Of this person or agent.
    actor_id: Option<Uuid>,
    /// Of this action, such as `session.refused`.
    #[param(inline)]
    action: Option<Text<1, 100>>,
    /// About things of this kind, such as `user`.
    #[param(inline)]
    resource_kind: Option<Text<1, 100>>,
    /// About this thing.
    #[param(inline)]
    resource_id: Option<Text<1, 200>>,
    /// From this time on (RFC 3339).
    #[serde(default, deserialize_with = "moment::optional")]
    from: Option<DateTime<Utc>>,
    /// Before this time (RFC 3339).
    #[serde(default, deserialize_with = "moment::optional")]
    to: Option<DateTime<Utc>>,
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
#[utoipa::path(tag = "audit", params(ListAuditLogs), responses((status = 200, body = AuditLogs)))]
#[get("/api/admin/audit-logs")]
pub async fn list(
    _admin: RequirePermission<ReadAuditLog>,
    query: web::Query<ListAuditLogs>,
    state: web::Data<State>,
) -> Result<web::Json<AuditLogs>, Problem> {
    let ListAuditLogs { limit, cursor, actor_id, action, resource_kind, resource_id, from, to } = query.into_inner();
    let filter = Filter { actor_id, action, resource_kind, resource_id, from, to };
    let mut connection = state.reads.get().await?;
    let (audit_logs, next_cursor) = audit::list(&mut connection, &filter, limit, cursor.map(|Cursor(key)| key)).await?;
    Ok(web::Json(AuditLogs { audit_logs, next_cursor }))
}

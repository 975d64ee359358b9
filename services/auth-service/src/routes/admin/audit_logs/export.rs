use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, get, web};
use chrono::{DateTime, Utc};
use common::auth::{ReadAuditLog, RequirePermission};
use common::http::RequestContext;
use common::moment;
use common::problem::Problem;
use common::text::Text;
use database::audit::Filter;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::State;
use crate::export::{Format, stream};

/// Which rows of the record, and in which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportAuditLogs {
    /// `jsonl`, which can be verified offline, or `csv`, for spreadsheets; `jsonl` when not said.
    #[param(value_type = Option<Format>, inline)]
    #[serde(default)]
    format: Format,
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

/// Streams the sealed part of the record, oldest first. That somebody took it away is on the record, too.
#[utoipa::path(
    tag = "audit", params(ExportAuditLogs),
    responses((status = 200, content((String = "application/x-ndjson"), (String = "text/csv"))))
)]
#[get("/api/admin/audit-logs/export")]
pub async fn export(
    admin: RequirePermission<ReadAuditLog>,
    query: web::Query<ExportAuditLogs>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let ExportAuditLogs { format, actor_id, action, resource_kind, resource_id, from, to } = query.into_inner();
    let filter = Filter { actor_id, action, resource_kind, resource_id, from, to };
    let mut connection = state.pool.get().await?;
    database::audit::record_export(&mut connection, &admin.claims, &context, format.as_str()).await?;
    drop(connection);
    let (kind, name) = match format {
        Format::Jsonl => ("application/x-ndjson", "audit-log.jsonl"),
        Format::Csv => ("text/csv; charset=utf-8", "audit-log.csv"),
    };
    // A failure after the first bytes can only cut the connection, which clients see as an incomplete answer.
    let body = stream(state.reads.clone(), filter, format);
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(body))
}

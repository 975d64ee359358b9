use actix_web::{put, web};
use common::auth::{Operate, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::IncidentId;
use common::problem::{Problem, ProblemDetails};
use database::health::incidents::{self, Incident, Note};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// What is said about an incident.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentNote {
    /// For everybody: the status page shows it. Empty takes back what was said.
    note: Note,
}

/// Says something about an incident, in public. The last word counts; all of them are in the audit log.
#[utoipa::path(
    tag = "health", params(("incident_id" = IncidentId, Path)), request_body = IncidentNote,
    responses((status = 200, body = Incident), (status = 404, body = ProblemDetails))
)]
#[put("/api/admin/incidents/{incident_id}/note")]
pub async fn note(
    admin: RequirePermission<Operate>,
    incident: web::Path<IncidentId>,
    body: Body<IncidentNote>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Incident>, Problem> {
    let mut connection = state.pool.get().await?;
    Ok(web::Json(incidents::note(&mut connection, &admin.claims, &context, *incident, &body.0.note).await?))
}

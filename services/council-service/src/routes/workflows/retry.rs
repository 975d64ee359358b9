use actix_web::{post, web};
use common::auth::{Operate, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use database::governance::retry::{Retried, retry as retry_run};
use governance::retry::RetryFrom;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// How a failed run is tried again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Where it begins: at the step that failed when not said.
    #[serde(default)]
    from: RetryFrom,
}

/// Has a failed run tried again, from the step that failed or from the start. When its approval is too old, the policy has
/// been tightened, or its value is one that the council always votes on, the councils vote again first.
#[utoipa::path(
    tag = "workflows", params(("workflow_id" = WorkflowId, Path)), request_body = Retry,
    responses((status = 200, body = Retried), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/workflows/{workflow_id}/retry")]
pub async fn retry(
    admin: RequirePermission<Operate>,
    id: web::Path<WorkflowId>,
    body: Body<Retry>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Retried>, Problem> {
    let mut connection = state.pool.get().await?;
    Ok(web::Json(retry_run(&mut connection, &admin.claims, &context, *id, body.0.from).await?))
}

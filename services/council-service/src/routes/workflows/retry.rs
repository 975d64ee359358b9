use actix_web::{post, web};
use common::auth::{Operate, RequirePermission};
use common::http::RequestContext;
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use database::governance::retry::{Retried, retry as retry_run};

use crate::State;

/// Has a failed run tried again, from the step that failed. When its approval is too old, the policy has been tightened, or
/// its value is one that the council always votes on, the councils vote again first.
#[utoipa::path(
    tag = "workflows", params(("workflow_id" = WorkflowId, Path)),
    responses((status = 200, body = Retried), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/workflows/{workflow_id}/retry")]
pub async fn retry(
    admin: RequirePermission<Operate>,
    id: web::Path<WorkflowId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Retried>, Problem> {
    Ok(web::Json(retry_run(&mut *state.pool.get().await?, &admin.claims, &context, *id).await?))
}

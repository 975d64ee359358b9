use actix_web::{get, put, web};
use common::auth::{Operate, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::WorkflowTypeId;
use common::problem::{Problem, ProblemDetails};
use database::execution::queues::{self, Limits};

use crate::State;

/// Tells how urgent workflows of a type are, and how many run at a time.
#[utoipa::path(
    tag = "queues", params(("workflow_type" = WorkflowTypeId, Path)),
    responses((status = 200, body = Limits), (status = 404, body = ProblemDetails))
)]
#[get("/api/admin/workflow-types/{workflow_type}/limits")]
pub async fn read(
    _admin: RequirePermission<Operate>,
    id: web::Path<WorkflowTypeId>,
    state: web::Data<State>,
) -> Result<web::Json<Limits>, Problem> {
    Ok(web::Json(queues::limits(&mut *state.pool.get().await?, &id).await?))
}

/// Changes how urgent workflows of a type are, and how many run at a time. It is no part of what councils approve: it
/// makes no version, and counts for what waits already.
#[utoipa::path(
    tag = "queues", params(("workflow_type" = WorkflowTypeId, Path)), request_body = Limits,
    responses((status = 200, body = Limits), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[put("/api/admin/workflow-types/{workflow_type}/limits")]
pub async fn set(
    admin: RequirePermission<Operate>,
    id: web::Path<WorkflowTypeId>,
    body: Body<Limits>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Limits>, Problem> {
    let Body(limits) = body;
    queues::set_limits(&mut *state.pool.get().await?, &admin.claims, &context, &id, &limits).await?;
    Ok(web::Json(limits))
}

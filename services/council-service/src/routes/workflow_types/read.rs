use actix_web::{get, web};
use common::ids::WorkflowTypeId;
use common::problem::{Problem, ProblemDetails};
use database::governance::workflow_types::{self, WorkflowType};

use crate::State;
use crate::caller::Caller;

/// Shows the current version of a workflow type.
#[utoipa::path(
    tag = "workflow types", params(("workflow_type" = WorkflowTypeId, Path)),
    responses((status = 200, body = WorkflowType), (status = 404, body = ProblemDetails))
)]
#[get("/api/workflow-types/{workflow_type}")]
pub async fn read(
    caller: Caller,
    id: web::Path<WorkflowTypeId>,
    state: web::Data<State>,
) -> Result<web::Json<WorkflowType>, Problem> {
    caller.may_read()?;
    Ok(web::Json(workflow_types::find(&mut *state.pool.get().await?, &id, None).await?))
}

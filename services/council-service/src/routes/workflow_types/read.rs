use actix_web::{get, web};
use common::auth::Read;
use common::ids::WorkflowTypeId;
use common::problem::{Problem, ProblemDetails};
use database::governance::workflow_types::{self, WorkflowType};

use crate::State;
use crate::caller::CallerMay;

/// Shows the current version of a workflow type.
#[utoipa::path(
    tag = "workflow types", params(("workflow_type" = WorkflowTypeId, Path)),
    responses((status = 200, body = WorkflowType), (status = 404, body = ProblemDetails))
)]
#[get("/api/workflow-types/{workflow_type}")]
pub async fn read(
    _caller: CallerMay<Read>,
    id: web::Path<WorkflowTypeId>,
    state: web::Data<State>,
) -> Result<web::Json<WorkflowType>, Problem> {
    Ok(web::Json(workflow_types::find(&mut *state.pool.get().await?, &id, None).await?))
}

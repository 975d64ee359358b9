use actix_web::{get, web};
use common::auth::Read;
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use database::governance::workflows::{self, Detail};

use crate::State;
use crate::caller::CallerMay;

/// Shows a workflow with everything about it.
#[utoipa::path(tag = "workflows", params(("workflow_id" = WorkflowId, Path)), responses((status = 200, body = Detail), (status = 404, body = ProblemDetails)))]
#[get("/api/workflows/{workflow_id}")]
pub async fn read(
    _caller: CallerMay<Read>,
    id: web::Path<WorkflowId>,
    state: web::Data<State>,
) -> Result<web::Json<Detail>, Problem> {
    Ok(web::Json(workflows::find(&mut *state.pool.get().await?, *id).await?))
}

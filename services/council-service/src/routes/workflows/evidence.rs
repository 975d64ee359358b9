use actix_web::{get, web};
use common::auth::Read;
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use database::governance::evidence::{Evidence, gather};

use crate::State;
use crate::caller::CallerMay;

/// Gathers the evidence of a workflow: what was proposed, who let it run or did not, what ran, and its rows of the record
/// with the proof that they are in the log. `auth-service audit verify-evidence` checks it offline.
#[utoipa::path(tag = "workflows", params(("workflow_id" = WorkflowId, Path)), responses((status = 200, body = Evidence), (status = 404, body = ProblemDetails)))]
#[get("/api/workflows/{workflow_id}/evidence")]
pub async fn evidence(
    _caller: CallerMay<Read>,
    id: web::Path<WorkflowId>,
    state: web::Data<State>,
) -> Result<web::Json<Evidence>, Problem> {
    Ok(web::Json(gather(&mut *state.pool.get().await?, *id).await?))
}

use actix_web::{post, web};
use common::auth::{RequirePermission, Vote};
use common::http::{Body, RequestContext};
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use common::text::Remark;
use database::governance::withdraw;
use database::governance::workflows::{self, Detail};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// Why a workflow is stopped.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Veto {
    /// Why.
    reason: Remark,
}

/// Stops an approved workflow in its cooling-off period: the chair of a council that approved it does, or an admin.
#[utoipa::path(
    tag = "workflows", params(("workflow_id" = WorkflowId, Path)), request_body = Veto,
    responses(
        (status = 200, body = Detail), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, body = ProblemDetails),
    )
)]
#[post("/api/workflows/{workflow_id}/veto")]
pub async fn veto(
    person: RequirePermission<Vote>,
    id: web::Path<WorkflowId>,
    body: Body<Veto>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Detail>, Problem> {
    let mut connection = state.pool.get().await?;
    withdraw::veto(&mut connection, &person.claims, &context, *id, &body.0.reason).await?;
    Ok(web::Json(workflows::find(&mut connection, *id).await?))
}

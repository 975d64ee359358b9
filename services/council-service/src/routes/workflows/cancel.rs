use actix_web::{post, web};
use common::auth::Propose;
use common::http::{Body, RequestContext};
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use common::text::Remark;
use database::governance::withdraw;
use database::governance::workflows::{self, Detail};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// Why a workflow is cancelled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// Why.
    reason: Option<Remark>,
}

/// Cancels a workflow that has not ended: whoever proposed it does, or an admin. A run stops at its next step.
#[utoipa::path(
    tag = "workflows", params(("workflow_id" = WorkflowId, Path)), request_body = Cancel,
    responses(
        (status = 200, body = Detail), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, body = ProblemDetails),
    )
)]
#[post("/api/workflows/{workflow_id}/cancel")]
pub async fn cancel(
    caller: CallerMay<Propose>,
    id: web::Path<WorkflowId>,
    body: Body<Cancel>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Detail>, Problem> {
    let mut connection = state.pool.get().await?;
    withdraw::cancel(&mut connection, caller.0.proposer(), &context, *id, body.0.reason.as_ref()).await?;
    Ok(web::Json(workflows::find(&mut connection, *id).await?))
}

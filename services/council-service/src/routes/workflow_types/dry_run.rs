use std::collections::BTreeMap;

use actix_web::{post, web};
use common::auth::Propose;
use common::http::Body;
use common::ids::WorkflowTypeId;
use common::problem::{Problem, ProblemDetails};
use database::governance::workflow_types::{self, Rehearsal};
use governance::inputs::Inputs;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// What a workflow is rehearsed with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRun {
    /// Which version of the type, the current one when not said.
    version: Option<i32>,
    /// With which inputs; they must fit the type's schema.
    inputs: Inputs,
    /// What calls could answer, by step: `{"status": 201, "body": {"id": 7}}`.
    #[serde(default)]
    #[schema(value_type = Object)]
    outputs: BTreeMap<String, Value>,
}

/// Shows what each step of a workflow would do with these inputs: the call or text that it would make, by the code that
/// makes it in a run. Nothing is called, and nothing is kept.
#[utoipa::path(
    tag = "workflow types", params(("workflow_type" = WorkflowTypeId, Path)), request_body = DryRun,
    responses((status = 200, body = Rehearsal), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/workflow-types/{workflow_type}/dry-run")]
pub async fn dry_run(
    _caller: CallerMay<Propose>,
    id: web::Path<WorkflowTypeId>,
    body: Body<DryRun>,
    state: web::Data<State>,
) -> Result<web::Json<Rehearsal>, Problem> {
    let Body(DryRun { version, inputs, outputs }) = body;
    let inputs = inputs.into_value();
    let definition = workflow_types::find_for(&mut *state.pool.get().await?, &id, version, &inputs).await?;
    // Templates may loop for a while: not on a thread that answers others.
    let rehearsal = web::block(move || definition.rehearse(&inputs, &outputs)).await.map_err(Problem::internal)??;
    Ok(web::Json(rehearsal))
}

use std::num::NonZeroU32;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use common::auth::Read;
use common::ids::WorkflowTypeId;
use common::problem::{Problem, ProblemDetails};
use database::governance::workflow_types::{self, WorkflowType};
use serde::Deserialize;
use utoipa::IntoParams;

use super::tagged;
use crate::State;
use crate::caller::CallerMay;

/// Which version.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Which version, the current one when not said.
    #[param(value_type = Option<i32>, minimum = 1)]
    version: Option<NonZeroU32>,
}

/// Shows a version of a workflow type. The `ETag` of the current one is what the next is sent with, in `If-Match`.
#[utoipa::path(
    tag = "workflow types", params(("workflow_type" = WorkflowTypeId, Path), Query),
    responses((status = 200, body = WorkflowType), (status = 404, body = ProblemDetails))
)]
#[get("/api/workflow-types/{workflow_type}")]
pub async fn read(
    _caller: CallerMay<Read>,
    id: web::Path<WorkflowTypeId>,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    // A number that no version can have is one that no version has.
    let version = query.version.map(|version| i32::try_from(version.get()).unwrap_or(i32::MAX));
    let found = workflow_types::find(&mut *state.pool.get().await?, &id, version).await?;
    Ok(tagged(StatusCode::OK, &found))
}

use actix_web::{get, web};
use common::auth::Read;
use common::ids::WorkflowTypeId;
use common::page::{Cursor, PageQuery};
use common::problem::{Problem, ProblemDetails};
use database::governance::workflow_types::{self, Edition};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// A page of versions of a workflow type.
#[derive(Serialize, ToSchema)]
pub struct Editions {
    /// The newest first.
    versions: Vec<Edition>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<i32>>,
}

/// Lists the versions of a workflow type: who saved each, when, and how it differs from the one before it.
#[utoipa::path(
    tag = "workflow types", params(("workflow_type" = WorkflowTypeId, Path), PageQuery<i32>),
    responses((status = 200, body = Editions), (status = 404, body = ProblemDetails))
)]
#[get("/api/workflow-types/{workflow_type}/versions")]
pub async fn versions(
    _caller: CallerMay<Read>,
    id: web::Path<WorkflowTypeId>,
    page: web::Query<PageQuery<i32>>,
    state: web::Data<State>,
) -> Result<web::Json<Editions>, Problem> {
    let (limit, before) = page.into_inner().into_parts();
    let (versions, next_cursor) = workflow_types::editions(&mut *state.reads.get().await?, &id, limit, before).await?;
    Ok(web::Json(Editions { versions, next_cursor }))
}

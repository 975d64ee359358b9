use actix_web::{get, web};
use common::auth::Read;
use common::page::{Cursor, PageQuery};
use common::problem::Problem;
use database::governance::workflow_types::{self, WorkflowType};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// A page of workflow types.
#[derive(Serialize, ToSchema)]
pub struct WorkflowTypes {
    /// The current version of each, by id.
    workflow_types: Vec<WorkflowType>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<String>>,
}

/// Lists the workflow types.
#[utoipa::path(tag = "workflow types", params(PageQuery<String>), responses((status = 200, body = WorkflowTypes)))]
#[get("/api/workflow-types")]
pub async fn list(
    _caller: CallerMay<Read>,
    page: web::Query<PageQuery<String>>,
    state: web::Data<State>,
) -> Result<web::Json<WorkflowTypes>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let mut connection = state.pool.get().await?;
    let (workflow_types, next_cursor) = workflow_types::list(&mut connection, limit, after).await?;
    Ok(web::Json(WorkflowTypes { workflow_types, next_cursor }))
}

use actix_web::{get, web};
use common::auth::Read;
use common::ids::{Domain, WorkflowTypeId};
use common::page::{Cursor, Limit};
use common::problem::Problem;
use database::governance::workflow_types::{self, WorkflowType};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;
use crate::caller::CallerMay;

/// A page of workflow types.
#[derive(Serialize, ToSchema)]
pub struct WorkflowTypes {
    /// The current version of each, by id.
    workflow_types: Vec<WorkflowType>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<WorkflowTypeId>>,
}

/// Which workflow types, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only those of this domain.
    #[param(value_type = Option<String>, pattern = "^[a-z][a-z0-9_]{1,62}$")]
    domain: Option<Domain>,
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<WorkflowTypeId>>,
}

/// Lists the workflow types.
#[utoipa::path(tag = "workflow types", params(Query), responses((status = 200, body = WorkflowTypes)))]
#[get("/api/workflow-types")]
pub async fn list(
    _caller: CallerMay<Read>,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<web::Json<WorkflowTypes>, Problem> {
    let Query { domain, limit, cursor } = query.into_inner();
    let after = cursor.map(|Cursor(id)| id);
    let mut connection = state.reads.get().await?;
    let (workflow_types, next_cursor) = workflow_types::list(&mut connection, domain.as_ref(), limit, after).await?;
    Ok(web::Json(WorkflowTypes { workflow_types, next_cursor }))
}

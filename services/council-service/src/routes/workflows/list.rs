use actix_web::{get, web};
use common::auth::Read;
use common::ids::WorkflowId;
use common::page::{Cursor, Limit};
use common::problem::{Problem, ProblemDetails};
use database::governance::workflows::{self, Filter, Summary};
use governance::workflow::WorkflowStatus;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;
use crate::caller::{Caller, CallerMay};

/// Which workflows, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only of this status.
    #[param(inline)]
    status: Option<WorkflowStatus>,
    /// `me`: only those that wait for your vote.
    #[param(inline)]
    awaiting: Option<Awaiting>,
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor<WorkflowId>>,
}

/// Whose vote is awaited.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Awaiting {
    /// The caller's.
    Me,
}

/// A page of workflows.
#[derive(Serialize, ToSchema)]
pub struct Workflows {
    /// The workflows, newest first.
    workflows: Vec<Summary>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<WorkflowId>>,
}

/// Lists workflows.
#[utoipa::path(
    tag = "workflows", params(Query),
    responses((status = 200, body = Workflows), (status = 400, body = ProblemDetails))
)]
#[get("/api/workflows")]
pub async fn list(
    caller: CallerMay<Read>,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<web::Json<Workflows>, Problem> {
    let Query { status, awaiting, limit, cursor } = query.into_inner();
    let awaiting = match (&awaiting, &caller.0) {
        (None, _) => None,
        (Some(Awaiting::Me), Caller::User(claims)) => Some(claims.as_ref()),
        (Some(Awaiting::Me), Caller::Agent(..)) => {
            return Err(Problem::bad_request("invalid_query", "agents don't vote: awaiting=me is for people"));
        }
    };
    // Who asks what waits for them has perhaps just voted.
    let mut connection = if awaiting.is_some() { state.pool.get().await? } else { state.reads.get().await? };
    let filter = Filter { status, awaiting, proposed_by: None };
    let (workflows, next_cursor) = workflows::list(&mut connection, filter, limit, cursor.map(|Cursor(id)| id)).await?;
    Ok(web::Json(Workflows { workflows, next_cursor }))
}

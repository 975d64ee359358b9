use std::collections::BTreeSet;

use actix_web::{get, web};
use common::auth::Read;
use common::ids::{CouncilId, WorkflowId, WorkflowTypeId};
use common::page::{Cursor, Limit};
use common::problem::{Problem, ProblemDetails};
use database::governance::workflows::{self, Filter, Summary};
use governance::workflow::WorkflowStatus;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::State;
use crate::caller::{Caller, CallerMay};

/// Which workflows, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only of these statuses, separated by commas, such as `completed,failed`.
    #[param(inline)]
    status: Option<Statuses>,
    /// `me`: only those that wait for your vote.
    #[param(inline)]
    awaiting: Option<Awaiting>,
    /// Only of this type.
    workflow_type: Option<WorkflowTypeId>,
    /// Only those that this person or agent proposed.
    proposed_by: Option<Uuid>,
    /// Only those that this council reviews or reviewed.
    council_id: Option<CouncilId>,
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<WorkflowId>>,
}

/// Statuses of workflows, each of them once.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Statuses(Vec<WorkflowStatus>);

impl TryFrom<String> for Statuses {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let statuses: BTreeSet<_> = text.split(',').map(str::parse::<WorkflowStatus>).collect::<Result<_, _>>()?;
        Ok(Self(statuses.into_iter().collect()))
    }
}

impl PartialSchema for Statuses {
    fn schema() -> RefOr<Schema> {
        let words: Vec<_> = WorkflowStatus::ALL.iter().map(|status| status.as_str()).collect();
        let word = words.join("|");
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^({word})(,({word}))*$"))).into()
    }
}

impl ToSchema for Statuses {}

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
    let Query { status, awaiting, workflow_type, proposed_by, council_id, limit, cursor } = query.into_inner();
    let statuses = status.map(|Statuses(statuses)| statuses).unwrap_or_default();
    let awaiting = match (&awaiting, &caller.0) {
        (None, _) => None,
        (Some(Awaiting::Me), Caller::User(claims)) => Some(claims.as_ref()),
        (Some(Awaiting::Me), Caller::Agent(..)) => {
            return Err(Problem::forbidden("agents don't vote: awaiting=me is for people"));
        }
    };
    // Who asks what waits for them has perhaps just voted.
    let mut connection = if awaiting.is_some() { state.pool.get().await? } else { state.reads.get().await? };
    let filter = Filter { statuses: &statuses, awaiting, workflow_type, proposed_by, council: council_id };
    let (workflows, next_cursor) = workflows::list(&mut connection, filter, limit, cursor.map(|Cursor(id)| id)).await?;
    Ok(web::Json(Workflows { workflows, next_cursor }))
}

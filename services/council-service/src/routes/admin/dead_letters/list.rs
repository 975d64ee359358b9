use actix_web::{get, web};
use chrono::{DateTime, Utc};
use common::auth::{Operate, RequirePermission};
use common::ids::{CouncilId, Domain, WorkflowTypeId};
use common::moment;
use common::page::{Cursor, Limit};
use common::problem::{Problem, ProblemDetails};
use common::text::Text;
use database::governance::dead_letters::{self, DeadLetter, Filter, Place};
use governance::definition::StepKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;

/// Which dead letters, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only of this type.
    workflow_type: Option<WorkflowTypeId>,
    /// Only of this domain.
    domain: Option<Domain>,
    /// Only of the domains that this council answers for.
    council_id: Option<CouncilId>,
    /// Only those that failed in a step of this kind.
    #[param(inline)]
    step_kind: Option<StepKind>,
    /// Only those whose error has this in it, in upper or lower case.
    #[param(inline)]
    error: Option<Text<1, 200>>,
    /// Only those that failed then or later.
    #[serde(default, deserialize_with = "moment::optional")]
    failed_from: Option<DateTime<Utc>>,
    /// Only those that failed before.
    #[serde(default, deserialize_with = "moment::optional")]
    failed_until: Option<DateTime<Utc>>,
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<Cursor<Place>>,
}

/// A page of dead letters.
#[derive(Serialize, ToSchema)]
pub struct DeadLetters {
    /// The dead letters, the latest first.
    dead_letters: Vec<DeadLetter>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<Place>>,
}

/// Lists dead letters: workflows whose runs failed for good.
#[utoipa::path(
    tag = "dead letters", params(Query),
    responses((status = 200, body = DeadLetters), (status = 400, body = ProblemDetails))
)]
#[get("/api/admin/dead-letters")]
pub async fn list(
    _admin: RequirePermission<Operate>,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<web::Json<DeadLetters>, Problem> {
    let Query { workflow_type, domain, council_id, step_kind, error, failed_from, failed_until, limit, cursor } =
        query.into_inner();
    let filter = Filter { workflow_type, domain, council_id, step_kind, error, failed_from, failed_until };
    let after = cursor.map(|Cursor(place)| place);
    let (dead_letters, next_cursor) = dead_letters::list(&mut *state.pool.get().await?, &filter, limit, after).await?;
    Ok(web::Json(DeadLetters { dead_letters, next_cursor }))
}

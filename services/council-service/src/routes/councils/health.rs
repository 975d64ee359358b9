use actix_web::{get, web};
use common::auth::{Read, RequirePermission};
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::health::{self, HealthReport};
use governance::council_health::Days;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::State;

/// Of which time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// How many days to look back.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 366)]
    days: Days,
}

/// Shows how a council is doing: how soon it decides, who takes part, who is absent, and who approves within seconds. For
/// people: it is about people.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path), Query),
    responses(
        (status = 200, body = HealthReport), (status = 400, body = ProblemDetails), (status = 404, body = ProblemDetails),
    )
)]
#[get("/api/councils/{council_id}/health")]
pub async fn read(
    _reader: RequirePermission<Read>,
    council: web::Path<CouncilId>,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<web::Json<HealthReport>, Problem> {
    Ok(web::Json(health::report(&mut *state.reads.get().await?, &council, query.days).await?))
}

use actix_web::{post, web};
use common::auth::{EditCouncils, RequirePermission};
use common::http::Body;
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::simulation::{SimulationReport, try_policy};
use governance::council_health::Days;
use governance::policy::Policy;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// A policy to be tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TryPolicy {
    /// The policy.
    #[serde(deserialize_with = "common::json::object")]
    policy: Policy,
    /// How many days of the past it is tried on.
    #[serde(default)]
    days: Days,
}

/// Tries a policy on the council's past, and tells which decisions would have been others. Nothing is changed.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path)), request_body = TryPolicy,
    responses(
        (status = 200, body = SimulationReport), (status = 404, body = ProblemDetails),
        (status = 422, body = ProblemDetails),
    )
)]
#[post("/api/councils/{council_id}/policy/simulate")]
pub async fn simulate(
    _admin: RequirePermission<EditCouncils>,
    council: web::Path<CouncilId>,
    body: Body<TryPolicy>,
    state: web::Data<State>,
) -> Result<web::Json<SimulationReport>, Problem> {
    let Body(TryPolicy { policy, days }) = body;
    Ok(web::Json(try_policy(&mut *state.reads.get().await?, &council, &policy, days).await?))
}

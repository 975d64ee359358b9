use actix_web::{get, web};
use common::auth::Read;
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::delegations::{self, Delegation};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// Who stands in for whom in a council.
#[derive(Serialize, ToSchema)]
pub struct Delegations {
    /// Those that have not ended, the next to end first.
    delegations: Vec<Delegation>,
}

/// Lists who stands in for whom in a council, now or later.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path)),
    responses((status = 200, body = Delegations), (status = 404, body = ProblemDetails))
)]
#[get("/api/councils/{council_id}/delegations")]
pub async fn list(
    _caller: CallerMay<Read>,
    id: web::Path<CouncilId>,
    state: web::Data<State>,
) -> Result<web::Json<Delegations>, Problem> {
    Ok(web::Json(Delegations { delegations: delegations::list(&mut *state.pool.get().await?, &id).await? }))
}

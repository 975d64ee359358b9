use actix_web::{get, web};
use common::auth::Read;
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils;
use database::governance::mandates::{MandateView, of_council};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// A council's mandates.
#[derive(Serialize, ToSchema)]
pub struct Mandates {
    /// The newest two hundred, newest first.
    mandates: Vec<MandateView>,
}

/// Lists what a council granted in advance, and what is left of it. To grant something, propose a workflow of the type
/// `governance.mandate`.
#[utoipa::path(
    tag = "councils", params(("council_id" = CouncilId, Path)),
    responses((status = 200, body = Mandates), (status = 404, body = ProblemDetails))
)]
#[get("/api/councils/{council_id}/mandates")]
pub async fn mandates(
    _caller: CallerMay<Read>,
    id: web::Path<CouncilId>,
    state: web::Data<State>,
) -> Result<web::Json<Mandates>, Problem> {
    let mut connection = state.pool.get().await?;
    councils::find(&mut connection, &id).await?;
    Ok(web::Json(Mandates { mandates: of_council(&mut connection, &id).await? }))
}

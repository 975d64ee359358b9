use actix_web::{get, web};
use common::auth::{Operate, RequirePermission};
use common::problem::{Problem, ProblemDetails};
use database::governance::dead_letters::{self, Counts, Filter};

use crate::State;

/// Counts dead letters by type and by error.
#[utoipa::path(
    tag = "dead letters", params(Filter),
    responses((status = 200, body = Counts), (status = 400, body = ProblemDetails))
)]
#[get("/api/admin/dead-letters/counts")]
pub async fn counts(
    _admin: RequirePermission<Operate>,
    filter: web::Query<Filter>,
    state: web::Data<State>,
) -> Result<web::Json<Counts>, Problem> {
    Ok(web::Json(dead_letters::count(&mut *state.pool.get().await?, &filter).await?))
}

use actix_web::{get, web};
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::{self, Council};

use crate::State;
use crate::caller::Caller;

/// Shows a council.
#[utoipa::path(tag = "councils", params(("council_id" = CouncilId, Path)), responses((status = 200, body = Council), (status = 404, body = ProblemDetails)))]
#[get("/api/councils/{council_id}")]
pub async fn read(
    caller: Caller,
    id: web::Path<CouncilId>,
    state: web::Data<State>,
) -> Result<web::Json<Council>, Problem> {
    caller.may_read()?;
    Ok(web::Json(councils::find(&mut *state.pool.get().await?, &id).await?))
}

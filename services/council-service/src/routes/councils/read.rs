use actix_web::{HttpResponse, get, web};
use common::auth::Read;
use common::ids::CouncilId;
use common::problem::{Problem, ProblemDetails};
use database::governance::councils::{self, Council};

use crate::State;
use crate::caller::CallerMay;
use crate::routes::councils::tagged;

/// Shows a council. Its `ETag` is what a change of it is sent with, in `If-Match`.
#[utoipa::path(tag = "councils", params(("council_id" = CouncilId, Path)), responses((status = 200, body = Council), (status = 404, body = ProblemDetails)))]
#[get("/api/councils/{council_id}")]
pub async fn read(
    _caller: CallerMay<Read>,
    id: web::Path<CouncilId>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    Ok(tagged(&councils::find(&mut *state.pool.get().await?, &id).await?))
}

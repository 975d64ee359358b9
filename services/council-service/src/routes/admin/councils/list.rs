use actix_web::{get, web};
use common::auth::{EditCouncils, RequirePermission};
use common::problem::{Problem, ProblemDetails};
use database::governance::councils;

use crate::State;
use crate::routes::councils::list::{Councils, Query};

/// Lists the councils, for admins.
#[utoipa::path(tag = "councils", params(Query), responses((status = 200, body = Councils), (status = 400, body = ProblemDetails)))]
#[get("/api/admin/councils")]
pub async fn list(
    _admin: RequirePermission<EditCouncils>,
    query: web::Query<Query>,
    state: web::Data<State>,
) -> Result<web::Json<Councils>, Problem> {
    let councils = councils::list(&mut *state.pool.get().await?, &query.into_inner().into()).await?;
    Ok(web::Json(Councils { councils }))
}

use actix_web::{get, web};
use common::auth::{EditCouncils, RequirePermission};
use common::problem::Problem;
use database::governance::councils;

use crate::State;
use crate::routes::councils::list::Councils;

/// Lists the councils, for admins.
#[utoipa::path(tag = "councils", responses((status = 200, body = Councils)))]
#[get("/api/admin/councils")]
pub async fn list(
    _admin: RequirePermission<EditCouncils>,
    state: web::Data<State>,
) -> Result<web::Json<Councils>, Problem> {
    let councils = councils::list(&mut *state.pool.get().await?).await?;
    Ok(web::Json(Councils { councils }))
}

use actix_web::{get, web};
use common::auth::Read;
use common::problem::Problem;
use database::governance::councils::{self, Council};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::caller::CallerMay;

/// Every council: they are few.
#[derive(Serialize, ToSchema)]
pub struct Councils {
    /// The councils, by id.
    pub councils: Vec<Council>,
}

/// Lists the councils.
#[utoipa::path(tag = "councils", responses((status = 200, body = Councils)))]
#[get("/api/councils")]
pub async fn list(_caller: CallerMay<Read>, state: web::Data<State>) -> Result<web::Json<Councils>, Problem> {
    let councils = councils::list(&mut *state.pool.get().await?).await?;
    Ok(web::Json(Councils { councils }))
}

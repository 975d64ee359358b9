use actix_web::{get, web};
use common::auth::{Operate, RequirePermission};
use common::problem::Problem;
use database::execution::queues::{self, QueueState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// The queues.
#[derive(Serialize, ToSchema)]
pub struct Queues {
    /// The queues, the most urgent first.
    queues: Vec<QueueState>,
}

/// Lists the queues: which are paused, by whom and why. How long they are is told by `/api/queues`.
#[utoipa::path(tag = "queues", responses((status = 200, body = Queues)))]
#[get("/api/admin/queues")]
pub async fn list(_admin: RequirePermission<Operate>, state: web::Data<State>) -> Result<web::Json<Queues>, Problem> {
    Ok(web::Json(Queues { queues: queues::list(&mut *state.pool.get().await?).await? }))
}

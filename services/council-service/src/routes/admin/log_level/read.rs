use actix_web::{get, web};
use common::auth::{Operate, RequirePermission};
use common::problem::Problem;
use queue::LevelOrder;
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::redis::answered;

/// What is logged for a time.
#[derive(Serialize, ToSchema)]
pub struct LogLevels {
    /// For all services first, then for one each. Where there is none, a service logs as its `LOG_LEVEL` says.
    levels: Vec<LevelOrder>,
}

/// Tells what services log for a time in the place of what they were started with.
#[utoipa::path(tag = "operations", responses((status = 200, body = LogLevels)))]
#[get("/api/admin/log-level")]
pub async fn read(
    _admin: RequirePermission<Operate>,
    state: web::Data<State>,
) -> Result<web::Json<LogLevels>, Problem> {
    Ok(web::Json(LogLevels { levels: answered(state.queue.log_levels()).await? }))
}

use actix_web::{get, web};
use common::auth::{Read, RequirePermission};
use common::ids::ScheduleId;
use common::page::{Cursor, PageQuery};
use common::problem::{Problem, ProblemDetails};
use database::schedules::{self, Schedule};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A page of schedules.
#[derive(Serialize, ToSchema)]
pub struct Schedules {
    /// The schedules, newest first.
    schedules: Vec<Schedule>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<ScheduleId>>,
}

/// Lists the schedules.
#[utoipa::path(
    tag = "schedules", params(PageQuery<ScheduleId>),
    responses((status = 200, body = Schedules), (status = 400, body = ProblemDetails))
)]
#[get("/api/schedules")]
pub async fn list(
    _reader: RequirePermission<Read>,
    page: web::Query<PageQuery<ScheduleId>>,
    state: web::Data<State>,
) -> Result<web::Json<Schedules>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let (schedules, next_cursor) = schedules::list(&mut *state.pool.get().await?, limit, after).await?;
    Ok(web::Json(Schedules { schedules, next_cursor }))
}

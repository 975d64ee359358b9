use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, web};
use common::auth::{Read, RequirePermission};
use common::ids::ScheduleId;
use common::page::{Cursor, PageQuery};
use common::problem::{Problem, ProblemDetails};
use database::schedules::{self, Schedule, ScheduleRun};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A schedule, and a page of what came of its times.
#[derive(Serialize, ToSchema)]
pub struct ScheduleDetail {
    /// The schedule.
    #[serde(flatten)]
    schedule: Schedule,
    /// What came of its times, newest first.
    runs: Vec<ScheduleRun>,
    /// Where the next page of them begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<i64>>,
}

/// Tells about a schedule, when it is due next, and what came of its times.
#[utoipa::path(
    tag = "schedules", params(("schedule_id" = ScheduleId, Path), PageQuery<i64>),
    responses((status = 200, body = ScheduleDetail), (status = 404, body = ProblemDetails))
)]
#[get("/api/schedules/{schedule_id}")]
pub async fn read(
    _reader: RequirePermission<Read>,
    id: web::Path<ScheduleId>,
    page: web::Query<PageQuery<i64>>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (limit, before) = page.into_inner().into_parts();
    let mut connection = state.pool.get().await?;
    let schedule = schedules::find(&mut connection, *id).await?;
    let (runs, next_cursor) = schedules::runs_of(&mut connection, *id, limit, before).await?;
    let tag = format!("\"{}\"", schedule.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(ScheduleDetail { schedule, runs, next_cursor }))
}

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use common::auth::{EditSchedules, RequirePermission};
use common::http::RequestContext;
use common::ids::ScheduleId;
use common::problem::{Problem, ProblemDetails};
use database::schedules::{Schedule, pause as pause_schedule};

use super::tagged;
use crate::State;

/// Has a schedule propose nothing until it is resumed.
#[utoipa::path(
    tag = "schedules", params(("schedule_id" = ScheduleId, Path)),
    responses((status = 200, body = Schedule), (status = 404, body = ProblemDetails))
)]
#[post("/api/schedules/{schedule_id}/pause")]
pub async fn pause(
    admin: RequirePermission<EditSchedules>,
    id: web::Path<ScheduleId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let schedule = pause_schedule(&mut *state.pool.get().await?, &admin.claims, &context, *id).await?;
    Ok(tagged(StatusCode::OK, &schedule))
}

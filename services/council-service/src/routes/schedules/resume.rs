use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use common::auth::{EditSchedules, RequirePermission};
use common::http::RequestContext;
use common::ids::ScheduleId;
use common::problem::{Problem, ProblemDetails};
use database::schedules::{Schedule, resume as resume_schedule};

use super::tagged;
use crate::State;

/// Has a schedule propose again, from its next time on: what passed meanwhile is let go.
#[utoipa::path(
    tag = "schedules", params(("schedule_id" = ScheduleId, Path)),
    responses((status = 200, body = Schedule), (status = 404, body = ProblemDetails))
)]
#[post("/api/schedules/{schedule_id}/resume")]
pub async fn resume(
    admin: RequirePermission<EditSchedules>,
    id: web::Path<ScheduleId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let schedule = resume_schedule(&mut *state.pool.get().await?, &admin.claims, &context, *id).await?;
    Ok(tagged(StatusCode::OK, &schedule))
}

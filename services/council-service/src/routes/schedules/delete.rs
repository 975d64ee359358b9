use actix_web::{HttpResponse, delete, web};
use common::auth::{EditSchedules, RequirePermission};
use common::http::RequestContext;
use common::ids::ScheduleId;
use common::problem::{Problem, ProblemDetails};
use database::schedules::delete as delete_schedule;

use crate::State;

/// Forgets a schedule, and what came of its times. What it proposed stays.
#[utoipa::path(
    tag = "schedules", params(("schedule_id" = ScheduleId, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails))
)]
#[delete("/api/schedules/{schedule_id}")]
pub async fn delete(
    admin: RequirePermission<EditSchedules>,
    id: web::Path<ScheduleId>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    delete_schedule(&mut *state.pool.get().await?, &admin.claims, &context, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

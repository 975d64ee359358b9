use actix_web::http::StatusCode;
use actix_web::{HttpResponse, put, web};
use common::auth::{EditSchedules, RequirePermission};
use common::http::{Body, IfMatch, RequestContext};
use common::ids::ScheduleId;
use common::problem::{Problem, ProblemDetails};
use database::schedules::{Schedule, replace as replace_schedule};

use super::{NewSchedule, tagged};
use crate::State;

/// Says anew what a schedule does. What it proposes from now on, it proposes in the caller's name. Send its `ETag` in
/// `If-Match`.
#[utoipa::path(
    tag = "schedules", request_body = NewSchedule,
    params(("schedule_id" = ScheduleId, Path), ("If-Match" = inline(IfMatch), Header)),
    responses(
        (status = 200, body = Schedule), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 412, body = ProblemDetails), (status = 422, body = ProblemDetails), (status = 428, body = ProblemDetails),
    )
)]
#[put("/api/schedules/{schedule_id}")]
pub async fn replace(
    admin: RequirePermission<EditSchedules>,
    id: web::Path<ScheduleId>,
    body: Body<NewSchedule>,
    seen: IfMatch,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    let inputs = new.inputs.clone().into_value();
    let mut connection = state.pool.get().await?;
    let written = new.content(&inputs);
    let schedule = replace_schedule(&mut connection, &admin.claims, &context, *id, &seen.0, &written).await?;
    Ok(tagged(StatusCode::OK, &schedule))
}

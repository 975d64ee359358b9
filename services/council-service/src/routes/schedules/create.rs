use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use common::auth::{EditSchedules, RequirePermission};
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::schedules::{Schedule, create as create_schedule};

use super::{NewSchedule, tagged};
use crate::State;

/// Has a workflow proposed at times of the clock, in the caller's name: they answer for it, and never vote on it.
#[utoipa::path(
    tag = "schedules", request_body = NewSchedule,
    responses(
        (status = 201, body = Schedule), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails),
        (status = 422, body = ProblemDetails),
    )
)]
#[post("/api/schedules")]
pub async fn create(
    admin: RequirePermission<EditSchedules>,
    body: Body<NewSchedule>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    let inputs = new.inputs.clone().into_value();
    let mut connection = state.pool.get().await?;
    let schedule = create_schedule(&mut connection, &admin.claims, &context, &new.content(&inputs)).await?;
    Ok(tagged(StatusCode::CREATED, &schedule))
}

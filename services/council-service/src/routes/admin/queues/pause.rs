use actix_web::{post, web};
use common::auth::{Operate, RequirePermission};
use common::http::{Body, RequestContext};
use common::priority::Priority;
use common::problem::{Problem, ProblemDetails};
use common::text::Remark;
use database::execution::queues::{self, QueueState};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// Why a queue is paused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseQueue {
    /// For those who wonder why nothing moves.
    reason: Remark,
}

/// Pauses a queue: nothing of it is started or resumed from then on. What runs goes on, and what is approved is kept.
#[utoipa::path(
    tag = "queues", params(("queue" = Priority, Path)), request_body = PauseQueue,
    responses((status = 200, body = QueueState), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/admin/queues/{queue}/pause")]
pub async fn pause(
    admin: RequirePermission<Operate>,
    queue: web::Path<Priority>,
    body: Body<PauseQueue>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<QueueState>, Problem> {
    let mut connection = state.pool.get().await?;
    Ok(web::Json(queues::pause(&mut connection, &admin.claims, &context, *queue, &body.0.reason).await?))
}

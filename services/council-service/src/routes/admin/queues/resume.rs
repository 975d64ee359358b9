use actix_web::{post, web};
use common::auth::{Operate, RequirePermission};
use common::http::RequestContext;
use common::priority::Priority;
use common::problem::{Problem, ProblemDetails};
use database::execution::queues::{self, QueueState};

use crate::State;

/// Resumes a paused queue: what has waited goes on, the oldest first.
#[utoipa::path(
    tag = "queues", params(("queue" = Priority, Path)),
    responses((status = 200, body = QueueState), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/admin/queues/{queue}/resume")]
pub async fn resume(
    admin: RequirePermission<Operate>,
    queue: web::Path<Priority>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<QueueState>, Problem> {
    Ok(web::Json(queues::resume(&mut *state.pool.get().await?, &admin.claims, &context, *queue).await?))
}

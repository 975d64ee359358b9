use actix_web::{post, web};
use common::auth::{Operate, RequirePermission};
use common::http::{Body, RequestContext};
use common::problem::{Problem, ProblemDetails};
use database::governance::dead_letters::{BulkRetried, BulkRetry, retry_all};

use crate::State;

/// Has dead letters tried again, those that failed first first, each by the rules of a single retry: where its approval does
/// not carry it, its councils vote again. With `dry_run`, tells what would become of each.
#[utoipa::path(
    tag = "dead letters", request_body = BulkRetry,
    responses((status = 200, body = BulkRetried), (status = 422, body = ProblemDetails))
)]
#[post("/api/admin/dead-letters/retry")]
pub async fn retry(
    admin: RequirePermission<Operate>,
    body: Body<BulkRetry>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<BulkRetried>, Problem> {
    Ok(web::Json(retry_all(&mut *state.pool.get().await?, &admin.claims, &context, &body.0).await?))
}

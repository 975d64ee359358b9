use actix_web::{post, web};
use common::auth::{BreakGlass as BreakGlassPermission, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::WorkflowId;
use common::problem::{Problem, ProblemDetails};
use database::governance::break_glass::{Reason, break_glass as run_unapproved};
use database::governance::workflows::{self, Detail};
use governance::digest::Digest;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// Why a workflow can't wait for its councils.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakGlass {
    /// Why: a sentence at least.
    reason: Reason,
    /// The digest of what is to run, as the admin saw it.
    digest: Digest,
}

/// Runs a workflow now that waits for its councils. They are told, and decide within 24 hours whether that was right; until
/// they have ratified it, its admin breaks no glass again. A code of the admin's authenticator must have been entered in
/// the last five minutes (`POST /api/auth/totp/verify`).
#[utoipa::path(
    tag = "workflows", params(("workflow_id" = WorkflowId, Path)), request_body = BreakGlass,
    responses(
        (status = 200, body = Detail), (status = 403, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 409, body = ProblemDetails),
    )
)]
#[post("/api/workflows/{workflow_id}/break-glass")]
pub async fn break_glass(
    admin: RequirePermission<BreakGlassPermission>,
    id: web::Path<WorkflowId>,
    body: Body<BreakGlass>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Detail>, Problem> {
    let Body(BreakGlass { reason, digest }) = body;
    let mut connection = state.pool.get().await?;
    run_unapproved(&mut connection, &admin.claims, &context, *id, digest, &reason).await?;
    Ok(web::Json(workflows::find(&mut connection, *id).await?))
}

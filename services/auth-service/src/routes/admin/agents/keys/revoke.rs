use actix_web::{HttpResponse, delete, web};
use common::auth::{EditAgents, RequirePermission};
use common::http::RequestContext;
use common::ids::{AgentId, ApiKeyId};
use common::problem::{Problem, ProblemDetails};
use database::identity::agents;

use crate::State;

/// Takes a key back.
#[utoipa::path(
    tag = "agents", params(("agent_id" = AgentId, Path), ("key_id" = ApiKeyId, Path)),
    responses((status = 204), (status = 404, body = ProblemDetails))
)]
#[delete("/api/admin/agents/{agent_id}/keys/{key_id}")]
pub async fn revoke(
    admin: RequirePermission<EditAgents>,
    path: web::Path<(AgentId, ApiKeyId)>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let (agent, key) = path.into_inner();
    agents::revoke_key(&mut *state.pool.get().await?, &admin.claims, &context, agent, key).await?;
    Ok(HttpResponse::NoContent().finish())
}

use actix_web::{get, web};
use common::auth::{EditAgents, RequirePermission};
use common::ids::AgentId;
use common::problem::{Problem, ProblemDetails};
use database::identity::agents::{self, ApiKey};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// An agent's keys.
#[derive(Serialize, ToSchema)]
pub struct Keys {
    /// The keys without their secrets, newest first, those that have ended included.
    keys: Vec<ApiKey>,
}

/// Lists the keys of an agent.
#[utoipa::path(
    tag = "agents", params(("agent_id" = AgentId, Path)),
    responses((status = 200, body = Keys), (status = 404, body = ProblemDetails))
)]
#[get("/api/admin/agents/{agent_id}/keys")]
pub async fn list(
    _admin: RequirePermission<EditAgents>,
    agent: web::Path<AgentId>,
    state: web::Data<State>,
) -> Result<web::Json<Keys>, Problem> {
    Ok(web::Json(Keys { keys: agents::keys_of(&mut *state.pool.get().await?, *agent).await? }))
}

use actix_web::{get, web};
use common::auth::{EditAgents, RequirePermission};
use common::ids::AgentId;
use common::problem::{Problem, ProblemDetails};
use database::identity::agents::{self, Agent};

use crate::State;

/// Tells about an agent.
#[utoipa::path(
    tag = "agents", params(("agent_id" = AgentId, Path)),
    responses((status = 200, body = Agent), (status = 404, body = ProblemDetails))
)]
#[get("/api/admin/agents/{agent_id}")]
pub async fn read(
    _admin: RequirePermission<EditAgents>,
    agent: web::Path<AgentId>,
    state: web::Data<State>,
) -> Result<web::Json<Agent>, Problem> {
    Ok(web::Json(agents::find(&mut *state.pool.get().await?, *agent).await?))
}

use actix_web::{patch, web};
use common::auth::{EditAgents, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::{AgentId, UserId};
use common::problem::{Problem, ProblemDetails};
use common::text::Name;
use database::identity::agents::{self, Agent, AgentState, Change};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// What is to be changed; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAgent {
    /// Another name.
    name: Option<Name>,
    /// Another person to answer for it.
    owner_id: Option<UserId>,
    /// `deactivated`, and none of its keys is good any more.
    state: Option<AgentState>,
}

/// Changes an agent.
#[utoipa::path(
    tag = "agents", params(("agent_id" = AgentId, Path)), request_body = ChangeAgent,
    responses((status = 200, body = Agent), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[patch("/api/admin/agents/{agent_id}")]
pub async fn change(
    admin: RequirePermission<EditAgents>,
    agent: web::Path<AgentId>,
    body: Body<ChangeAgent>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<web::Json<Agent>, Problem> {
    let Body(ChangeAgent { name, owner_id, state: agent_state }) = body;
    let change = Change { name: name.as_ref(), owner_id, state: agent_state };
    let mut connection = state.pool.get().await?;
    Ok(web::Json(agents::change(&mut connection, &admin.claims, &context, *agent, change).await?))
}

use actix_web::{get, web};
use common::auth::{EditAgents, RequirePermission};
use common::ids::AgentId;
use common::page::{Cursor, PageQuery};
use common::problem::Problem;
use database::identity::agents::{self, Agent};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;

/// A page of agents.
#[derive(Serialize, ToSchema)]
pub struct Agents {
    /// The agents, newest first.
    agents: Vec<Agent>,
    /// Where the next page begins.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor<AgentId>>,
}

/// Lists agents.
#[utoipa::path(tag = "agents", params(PageQuery<AgentId>), responses((status = 200, body = Agents)))]
#[get("/api/admin/agents")]
pub async fn list(
    _admin: RequirePermission<EditAgents>,
    page: web::Query<PageQuery<AgentId>>,
    state: web::Data<State>,
) -> Result<web::Json<Agents>, Problem> {
    let (limit, after) = page.into_inner().into_parts();
    let mut connection = state.pool.get().await?;
    let (agents, next_cursor) = agents::list(&mut connection, limit, after).await?;
    Ok(web::Json(Agents { agents, next_cursor }))
}

use actix_web::{get, web};
use common::auth::{EditAgents, RequirePermission};
use common::ids::AgentId;
use common::page::{Cursor, Limit};
use common::problem::Problem;
use database::identity::agents::{self, Agent};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::State;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// How many.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Where the last page ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor<AgentId>>,
}

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
#[utoipa::path(tag = "agents", params(Page), responses((status = 200, body = Agents)))]
#[get("/api/admin/agents")]
pub async fn list(
    _admin: RequirePermission<EditAgents>,
    page: web::Query<Page>,
    state: web::Data<State>,
) -> Result<web::Json<Agents>, Problem> {
    let Page { limit, cursor } = page.into_inner();
    let mut connection = state.pool.get().await?;
    let (agents, next_cursor) = agents::list(&mut connection, limit, cursor.map(|Cursor(id)| id)).await?;
    Ok(web::Json(Agents { agents, next_cursor }))
}

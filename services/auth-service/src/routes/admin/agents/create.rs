use actix_web::{HttpResponse, post, web};
use common::auth::{EditAgents, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::UserId;
use common::problem::{Problem, ProblemDetails};
use common::text::Name;
use database::identity::agents::{self, Agent};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// An agent to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAgent {
    /// What it is called.
    name: Name,
    /// Who answers for it, and so never votes on what it proposes; you, when not said.
    owner_id: Option<UserId>,
}

/// Adds an agent.
#[utoipa::path(
    tag = "agents", request_body = CreateAgent,
    responses((status = 201, body = Agent), (status = 404, body = ProblemDetails), (status = 409, body = ProblemDetails))
)]
#[post("/api/admin/agents")]
pub async fn create(
    admin: RequirePermission<EditAgents>,
    body: Body<CreateAgent>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    let mut connection = state.pool.get().await?;
    let agent = agents::create(&mut connection, &admin.claims, &context, &new.name, new.owner_id).await?;
    Ok(HttpResponse::Created().json(agent))
}

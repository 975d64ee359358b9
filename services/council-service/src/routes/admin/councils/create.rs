use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, post, web};
use common::auth::{EditCouncils, RequirePermission};
use common::claims::Seat;
use common::http::{Body, RequestContext};
use common::ids::{CouncilId, Domain, UserId};
use common::problem::{Problem, ProblemDetails};
use common::text::{Name, Text};
use database::governance::councils::Council;
use database::governance::councils::found::{self, NewCouncil};
use governance::policy::Policy;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::State;

/// A council to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCouncil {
    /// Its id, such as `web-team`.
    id: CouncilId,
    /// What it is called.
    name: Name,
    /// What it is for.
    #[serde(default)]
    purpose: Text<0, 1000>,
    /// The domains that it will be responsible for.
    #[serde(default)]
    domains: BTreeSet<Domain>,
    /// Who will sit in it: user ids, each with `chair` or `member`.
    #[serde(default)]
    #[schema(value_type = BTreeMap<uuid::Uuid, Seat>)]
    seats: BTreeMap<UserId, Seat>,
    /// Its policy.
    #[serde(deserialize_with = "common::json::object")]
    policy: Policy,
}

/// Founds a council.
#[utoipa::path(
    tag = "councils", request_body = CreateCouncil,
    responses((status = 201, body = Council), (status = 409, body = ProblemDetails), (status = 422, body = ProblemDetails))
)]
#[post("/api/admin/councils")]
pub async fn create(
    admin: RequirePermission<EditCouncils>,
    body: Body<CreateCouncil>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(new) = body;
    let new = NewCouncil {
        id: &new.id,
        name: &new.name,
        purpose: &new.purpose,
        domains: &new.domains,
        seats: &new.seats,
        policy: &new.policy,
    };
    let council = found::create(&mut *state.pool.get().await?, &admin.claims, &context, new).await?;
    state.access.spread().await;
    Ok(HttpResponse::Created().json(council))
}

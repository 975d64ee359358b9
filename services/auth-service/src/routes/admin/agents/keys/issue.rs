use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::{HttpResponse, post, web};
use common::auth::{EditAgents, RequirePermission};
use common::http::{Body, RequestContext};
use common::ids::AgentId;
use common::problem::{Problem, ProblemDetails};
use database::identity::agents::{self, ApiKey, NewKey, Scope};
use rand::distr::{Distribution, Uniform};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;
use crate::tokens::OneTimeSecret;

/// A key to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueKey {
    /// For how many days it holds: 1 to 365, 90 when not said.
    #[serde(default)]
    #[schema(value_type = u32, minimum = 1, maximum = 365)]
    expires_in_days: Days,
    /// What it may be used for; everything that agents do, when not said.
    #[serde(default)]
    #[schema(value_type = Vec<Scope>, min_items = 1)]
    scopes: Scopes,
}

/// A number of days that a key may hold.
#[derive(Deserialize)]
#[serde(try_from = "u32")]
struct Days(u32);

impl Default for Days {
    fn default() -> Self {
        Self(90)
    }
}

impl TryFrom<u32> for Days {
    type Error = &'static str;

    fn try_from(days: u32) -> Result<Self, Self::Error> {
        if (1..=365).contains(&days) { Ok(Self(days)) } else { Err("must be 1 to 365") }
    }
}

/// What a key may be used for: at least something.
#[derive(Deserialize)]
#[serde(try_from = "BTreeSet<Scope>")]
struct Scopes(Vec<Scope>);

impl Default for Scopes {
    fn default() -> Self {
        Self(Scope::ALL.to_vec())
    }
}

impl TryFrom<BTreeSet<Scope>> for Scopes {
    type Error = &'static str;

    fn try_from(scopes: BTreeSet<Scope>) -> Result<Self, Self::Error> {
        if scopes.is_empty() { Err("must name at least one") } else { Ok(Self(scopes.into_iter().collect())) }
    }
}

/// A new key. This is the only time that it is shown.
#[derive(Serialize, ToSchema)]
pub struct IssuedKey {
    /// What the key is known by.
    #[serde(flatten)]
    key: ApiKey,
    /// The key, to be sent as `Authorization: Bearer`.
    api_key: String,
}

/// Gives an agent a key.
#[utoipa::path(
    tag = "agents", params(("agent_id" = AgentId, Path)), request_body = IssueKey,
    responses((status = 201, body = IssuedKey), (status = 404, body = ProblemDetails))
)]
#[post("/api/admin/agents/{agent_id}/keys")]
pub async fn issue(
    admin: RequirePermission<EditAgents>,
    agent: web::Path<AgentId>,
    body: Body<IssueKey>,
    context: RequestContext,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Body(IssueKey { expires_in_days: Days(days), scopes: Scopes(scopes) }) = body;
    let (prefix, secret) = (random_prefix()?, OneTimeSecret::generate());
    let lifetime = Duration::from_hours(24 * u64::from(days));
    let new = NewKey { prefix: &prefix, secret_hash: &secret.hash, lifetime, scopes: &scopes };
    let mut connection = state.pool.get().await?;
    let key = agents::issue_key(&mut connection, &admin.claims, &context, *agent, new).await?;
    let api_key = common::keys::ApiKey { prefix, secret: secret.text }.to_string();
    Ok(HttpResponse::Created().json(IssuedKey { key, api_key }))
}

/// Twelve letters and digits that tell keys apart.
fn random_prefix() -> Result<String, Problem> {
    const CHARACTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let any = Uniform::new(0, CHARACTERS.len()).map_err(Problem::internal)?;
    let mut random = rand::rng();
    Ok((0..12).map(|_| char::from(CHARACTERS[any.sample(&mut random)])).collect())
}

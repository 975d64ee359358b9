//! Service accounts and their keys.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{AgentId, ApiKeyId, UserId};
use common::page::{Cursor, Limit, cut};
use common::problem::Problem;
use common::roles::Permission;
use common::text::Name;
use common::text_enum;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::authorize;
use crate::audit::{self, Act};
use crate::error::Result;
use crate::schema::{agents, api_keys, users};

text_enum! {
    /// Whether an agent may act.
    pub enum AgentState {
        /// Yes.
        Active = "active",
        /// No.
        Deactivated = "deactivated",
    }
}

/// A service account: it proposes and watches, and never votes.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = agents)]
pub struct Agent {
    /// Names it.
    pub id: AgentId,
    /// What it is called.
    pub name: String,
    /// The person who answers for it, and so never votes on what it proposes.
    pub owner_id: UserId,
    /// Whether it may act.
    pub state: AgentState,
    /// Since when it is known.
    pub created_at: DateTime<Utc>,
}

/// A key, without its secret.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, ToSchema)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    /// Names it.
    pub id: ApiKeyId,
    /// Whose it is.
    pub agent_id: AgentId,
    /// The part that may be shown.
    pub prefix: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// An admin adds an agent.
pub async fn create(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    name: &Name,
    owner: Option<UserId>,
) -> Result<Agent> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditAgents).await?;
            let agent: Agent = diesel::insert_into(agents::table)
                .values((
                    agents::id.eq(AgentId::new()),
                    agents::name.eq(name.as_str()),
                    agents::owner_id.eq(owner.unwrap_or(admin.id)),
                ))
                .returning(Agent::as_returning())
                .get_result(connection)
                .await?;
            let act = Act {
                actor: Actor::User(admin.id),
                action: "agent.created",
                resource_kind: "agent",
                resource_id: agent.id.to_string(),
                detail: json!({"name": agent.name, "owner_id": agent.owner_id}),
            };
            audit::record(connection, context, act).await?;
            Ok(agent)
        })
        .await
}

/// Agents, newest first.
pub async fn list(
    connection: &mut AsyncPgConnection,
    limit: Limit,
    after: Option<AgentId>,
) -> Result<(Vec<Agent>, Option<Cursor<AgentId>>)> {
    let mut rows = agents::table
        .filter(agents::id.lt(after.unwrap_or(AgentId(uuid::Uuid::max()))))
        .order(agents::id.desc())
        .limit(limit.get() + 1)
        .select(Agent::as_select())
        .load(connection)
        .await?;
    let next = cut(&mut rows, limit, |agent| agent.id);
    Ok((rows, next))
}

/// An admin gives an agent a key. Only the secret's hash is kept.
pub async fn issue_key(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    agent: AgentId,
    prefix: &str,
    secret_hash: &[u8],
    lifetime: Duration,
) -> Result<ApiKey> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditAgents).await?;
            let known: Option<AgentId> =
                agents::table.find(agent).select(agents::id).first(connection).await.optional()?;
            if known.is_none() {
                return Err(Problem::not_found("agent").into());
            }
            let key: ApiKey = diesel::insert_into(api_keys::table)
                .values((
                    api_keys::id.eq(ApiKeyId::new()),
                    api_keys::agent_id.eq(agent),
                    api_keys::prefix.eq(prefix),
                    api_keys::secret_hash.eq(secret_hash),
                    api_keys::expires_at.eq(Utc::now() + lifetime),
                ))
                .returning(ApiKey::as_returning())
                .get_result(connection)
                .await?;
            let act = Act {
                actor: Actor::User(admin.id),
                action: "api_key.issued",
                resource_kind: "agent",
                resource_id: agent.to_string(),
                detail: json!({"key_id": key.id, "prefix": key.prefix, "expires_at": key.expires_at}),
            };
            audit::record(connection, context, act).await?;
            Ok(key)
        })
        .await
}

/// The active agent that this key belongs to, while the key is good. The comparison of hashes tells nothing by its time:
/// who does not know the secret can't choose its hash.
pub async fn by_key(connection: &mut AsyncPgConnection, prefix: &str, secret_hash: &[u8]) -> Result<Option<Agent>> {
    Ok(api_keys::table
        .inner_join(agents::table.inner_join(users::table))
        .filter(api_keys::prefix.eq(prefix))
        .filter(api_keys::secret_hash.eq(secret_hash))
        .filter(api_keys::revoked_at.is_null())
        .filter(api_keys::expires_at.gt(diesel::dsl::now))
        .filter(agents::state.eq(AgentState::Active))
        .filter(users::state.eq(super::users::UserState::Active))
        .select(Agent::as_select())
        .first(connection)
        .await
        .optional()?)
}

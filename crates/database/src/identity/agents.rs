//! Service accounts and their keys.

use std::collections::BTreeSet;
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
use super::users::UserState;
use crate::audit::{self, Act};
use crate::clock::from_now;
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

text_enum! {
    /// What a key may be used for.
    pub enum Scope {
        /// To see councils, workflow types and workflows.
        Read = "read",
        /// To propose workflows.
        Propose = "propose",
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
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
}

/// A key to be.
pub struct NewKey<'a> {
    /// The part that may be shown.
    pub prefix: &'a str,
    /// The SHA-256 of the secret part.
    pub secret_hash: &'a [u8; 32],
    /// For how long it holds.
    pub lifetime: Duration,
    /// What it may be used for.
    pub scopes: &'a [Scope],
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
            let act = Act::new(Actor::User(admin.id), "agent.created", "agent", agent.id)
                .with(json!({"name": agent.name, "owner_id": agent.owner_id}));
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

/// One agent.
pub async fn find(connection: &mut AsyncPgConnection, agent: AgentId) -> Result<Agent> {
    let found = agents::table.find(agent).select(Agent::as_select()).first(connection).await.optional()?;
    Ok(found.ok_or_else(|| Problem::not_found("agent"))?)
}

/// What is to be changed of an agent; what is not named stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change<'a> {
    /// Another name.
    pub name: Option<&'a Name>,
    /// Another person to answer for it.
    pub owner_id: Option<UserId>,
    /// Whether it may act. Its keys are looked up at every use: a change counts at once.
    pub state: Option<AgentState>,
}

/// An admin changes an agent.
pub async fn change(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    id: AgentId,
    change: Change<'_>,
) -> Result<Agent> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditAgents).await?;
            let before: Option<Agent> =
                agents::table.find(id).select(Agent::as_select()).for_update().first(connection).await.optional()?;
            let before = before.ok_or_else(|| Problem::not_found("agent"))?;
            let after: Agent = diesel::update(agents::table.find(id))
                .set((
                    agents::name.eq(change.name.map_or(before.name.as_str(), Name::as_str)),
                    agents::owner_id.eq(change.owner_id.unwrap_or(before.owner_id)),
                    agents::state.eq(change.state.unwrap_or(before.state)),
                ))
                .returning(Agent::as_returning())
                .get_result(connection)
                .await?;
            let seen = |agent: &Agent| json!({"name": agent.name, "owner_id": agent.owner_id, "state": agent.state});
            let act = Act::new(Actor::User(admin.id), "agent.changed", "agent", id)
                .with(json!({"before": seen(&before), "after": seen(&after)}));
            audit::record(connection, context, act).await?;
            Ok(after)
        })
        .await
}

/// The keys of an agent, newest first, those that have ended included. There are few.
pub async fn keys_of(connection: &mut AsyncPgConnection, agent: AgentId) -> Result<Vec<ApiKey>> {
    find(connection, agent).await?;
    Ok(api_keys::table
        .filter(api_keys::agent_id.eq(agent))
        .order(api_keys::id.desc())
        .limit(200)
        .select(ApiKey::as_select())
        .load(connection)
        .await?)
}

/// An admin gives an agent a key. Only the secret's hash is kept.
pub async fn issue_key(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    agent: AgentId,
    new: NewKey<'_>,
) -> Result<ApiKey> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditAgents).await?;
            find(connection, agent).await?;
            let key: ApiKey = diesel::insert_into(api_keys::table)
                .values((
                    api_keys::id.eq(ApiKeyId::new()),
                    api_keys::agent_id.eq(agent),
                    api_keys::prefix.eq(new.prefix),
                    api_keys::secret_hash.eq(&new.secret_hash[..]),
                    api_keys::expires_at.eq(from_now(new.lifetime).assume_not_null()),
                    api_keys::scopes.eq(new.scopes),
                ))
                .returning(ApiKey::as_returning())
                .get_result(connection)
                .await?;
            let detail = json!({
                "key_id": key.id, "prefix": key.prefix, "expires_at": key.expires_at, "scopes": key.scopes,
            });
            let act = Act::new(Actor::User(admin.id), "api_key.issued", "agent", agent).with(detail);
            audit::record(connection, context, act).await?;
            Ok(key)
        })
        .await
}

/// An admin takes a key back: nobody can use it any more.
pub async fn revoke_key(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    agent: AgentId,
    key: ApiKeyId,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::EditAgents).await?;
            let in_force =
                api_keys::table.find(key).filter(api_keys::agent_id.eq(agent)).filter(api_keys::revoked_at.is_null());
            let revoked =
                diesel::update(in_force).set(api_keys::revoked_at.eq(diesel::dsl::now)).execute(connection).await?;
            if revoked == 0 {
                return Err(Problem::not_found("key").into());
            }
            let act = Act::new(Actor::User(admin.id), "api_key.revoked", "agent", agent).with(json!({"key_id": key}));
            audit::record(connection, context, act).await
        })
        .await
}

/// The keys that are good: in time, not taken back, of an active agent whose owner is active.
#[diesel::dsl::auto_type]
fn in_force() -> _ {
    let kept = api_keys::revoked_at.is_null().and(api_keys::expires_at.gt(diesel::dsl::now));
    let (agent, owner): (AgentState, UserState) = (AgentState::Active, UserState::Active);
    kept.and(agents::state.eq(agent)).and(users::state.eq(owner))
}

/// The active agent that this key belongs to, and what the key may be used for, while it is good. The comparison of hashes tells nothing by its time:
/// who does not know the secret can't choose its hash.
pub async fn by_key(
    connection: &mut AsyncPgConnection,
    prefix: &str,
    secret_hash: &[u8],
) -> Result<Option<(Agent, Vec<Scope>)>> {
    Ok(api_keys::table
        .inner_join(agents::table.inner_join(users::table))
        .filter(api_keys::prefix.eq(prefix))
        .filter(api_keys::secret_hash.eq(secret_hash))
        .filter(in_force())
        .select((Agent::as_select(), api_keys::scopes))
        .first(connection)
        .await
        .optional()?)
}

/// Of these keys, by their prefixes, those that are good no longer: for whoever answers a key for a long time.
pub async fn no_longer_good(connection: &mut AsyncPgConnection, prefixes: &[String]) -> Result<Vec<String>> {
    let good: BTreeSet<String> = api_keys::table
        .inner_join(agents::table.inner_join(users::table))
        .filter(api_keys::prefix.eq_any(prefixes))
        .filter(in_force())
        .select(api_keys::prefix)
        .load(connection)
        .await?
        .into_iter()
        .collect();
    Ok(prefixes.iter().filter(|prefix| !good.contains(*prefix)).cloned().collect())
}

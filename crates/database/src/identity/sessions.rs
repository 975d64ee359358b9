//! Logins.

use std::time::Duration;

use chrono::Utc;
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::{SessionId, UserId};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde_json::json;

use super::users::User;
use crate::audit::{self, Act, network};
use crate::error::Result;
use crate::schema::sessions;

/// A person has shown their password: opens a session of theirs.
pub async fn open(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: &User,
    user_agent: Option<&str>,
    lifetime: Duration,
) -> Result<SessionId> {
    let id = SessionId::new();
    connection
        .transaction(async |connection| {
            diesel::insert_into(sessions::table)
                .values((
                    sessions::id.eq(id),
                    sessions::user_id.eq(user.id),
                    sessions::address.eq(context.address.map(network)),
                    sessions::user_agent.eq(user_agent),
                    sessions::expires_at.eq(Utc::now() + lifetime),
                ))
                .execute(connection)
                .await?;
            let act = Act {
                actor: Actor::User(user.id),
                action: "session.opened",
                resource_kind: "session",
                resource_id: id.to_string(),
                detail: json!({}),
            };
            audit::record(connection, context, act).await
        })
        .await?;
    Ok(id)
}

/// Somebody failed to log in. `user` is whose address they gave, if anybody's.
pub async fn refuse(
    connection: &mut AsyncPgConnection,
    context: &RequestContext,
    user: Option<UserId>,
    reason: &str,
) -> Result<()> {
    let act = Act {
        actor: Actor::Anonymous,
        action: "session.refused",
        resource_kind: "user",
        resource_id: user.map_or_else(|| "unknown".to_owned(), |user| user.to_string()),
        detail: json!({"reason": reason}),
    };
    audit::record(connection, context, act).await
}

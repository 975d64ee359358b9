//! The queues: pausing and resuming them, and what of which type goes where. Written by council-service for admins.

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::claims::Claims;
use common::http::RequestContext;
use common::ids::{UserId, WorkflowTypeId};
use common::priority::Priority;
use common::problem::{FieldError, Problem};
use common::roles::Permission;
use common::text::Remark;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::audit::{self, Act};
use crate::error::Result;
use crate::identity::authorize;
use crate::schema::{queues, workflow_types};

/// A queue.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = queues)]
pub struct QueueState {
    /// Which.
    pub priority: Priority,
    /// Since when nothing of it is started; null when it is not paused.
    pub paused_at: Option<DateTime<Utc>>,
    /// Who paused it.
    pub paused_by: Option<UserId>,
    /// Why.
    pub reason: Option<String>,
}

/// All queues, the most urgent first.
pub async fn list(connection: &mut AsyncPgConnection) -> Result<Vec<QueueState>> {
    let mut found: Vec<QueueState> = queues::table.select(QueueState::as_select()).load(connection).await?;
    found.sort_by_key(|queue| queue.priority);
    Ok(found)
}

/// The queues from which nothing is started.
pub async fn paused(connection: &mut AsyncPgConnection) -> Result<Vec<Priority>> {
    Ok(queues::table.filter(queues::paused_at.is_not_null()).select(queues::priority).load(connection).await?)
}

/// Pauses a queue: from the commit on nothing of it is started or resumed; what runs goes on.
pub async fn pause(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    priority: Priority,
    reason: &Remark,
) -> Result<QueueState> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::Operate).await?;
            let paused: Option<QueueState> = diesel::update(queues::table.find(priority))
                .filter(queues::paused_at.is_null())
                .set((queues::paused_at.eq(now), queues::paused_by.eq(admin.id), queues::reason.eq(reason.as_str())))
                .returning(QueueState::as_select())
                .get_result(connection)
                .await
                .optional()?;
            let paused = paused.ok_or_else(|| Problem::conflict("already_paused", "the queue is paused already"))?;
            let act =
                Act::new(Actor::User(admin.id), "queue.paused", "queue", priority).with(json!({"reason": reason}));
            audit::record(connection, context, act).await?;
            Ok(paused)
        })
        .await
}

/// Resumes a queue.
pub async fn resume(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    priority: Priority,
) -> Result<QueueState> {
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::Operate).await?;
            let resumed: Option<QueueState> = diesel::update(queues::table.find(priority))
                .filter(queues::paused_at.is_not_null())
                .set((
                    queues::paused_at.eq(None::<DateTime<Utc>>),
                    queues::paused_by.eq(None::<UserId>),
                    queues::reason.eq(None::<String>),
                ))
                .returning(QueueState::as_select())
                .get_result(connection)
                .await
                .optional()?;
            let resumed = resumed.ok_or_else(|| Problem::conflict("not_paused", "the queue is not paused"))?;
            audit::record(connection, context, Act::new(Actor::User(admin.id), "queue.resumed", "queue", priority))
                .await?;
            Ok(resumed)
        })
        .await
}

/// How workflows of a type are run. It is no part of what councils approve.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How urgent they are.
    pub priority: Priority,
    /// How many run at a time, on all workers together: 1 to 10,000, or null for as many as there are workers for.
    #[schema(minimum = 1, maximum = 10000)]
    pub max_running: Option<i32>,
}

/// How workflows of a type are run.
pub async fn limits(connection: &mut AsyncPgConnection, workflow_type: &WorkflowTypeId) -> Result<Limits> {
    let found: Option<Limits> = workflow_types::table
        .find(workflow_type)
        .select((workflow_types::priority, workflow_types::max_running))
        .first(connection)
        .await
        .optional()?;
    Ok(found.ok_or_else(|| Problem::not_found("workflow type"))?)
}

/// Changes how workflows of a type are run: those that are sent to the workers, or claimed by one, from now on.
pub async fn set_limits(
    connection: &mut AsyncPgConnection,
    claims: &Claims,
    context: &RequestContext,
    workflow_type: &WorkflowTypeId,
    to: &Limits,
) -> Result<()> {
    if to.max_running.is_some_and(|most| !(1..=10_000).contains(&most)) {
        let fault = FieldError { pointer: "/max_running".to_owned(), detail: "must be 1 to 10000, or null".to_owned() };
        return Err(Problem::invalid(vec![fault]).into());
    }
    connection
        .transaction(async |connection| {
            let admin = authorize(connection, claims, Permission::Operate).await?;
            let was = limits(connection, workflow_type).await?;
            diesel::update(workflow_types::table.find(workflow_type))
                .set((workflow_types::priority.eq(to.priority), workflow_types::max_running.eq(to.max_running)))
                .execute(connection)
                .await?;
            let act = Act::new(Actor::User(admin.id), "workflow_type.limits_set", "workflow_type", workflow_type);
            audit::record(connection, context, act.with(json!({"from": was, "to": to}))).await
        })
        .await
}

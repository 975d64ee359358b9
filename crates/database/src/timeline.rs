//! What happened to a workflow, in order, for whoever looks at it.

use chrono::{DateTime, Utc};
use common::actor::{Actor, ActorKind};
use common::ids::WorkflowId;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Result;
use crate::schema::workflow_timeline;

/// Adds an event, in the caller's transaction.
pub async fn record(
    connection: &mut AsyncPgConnection,
    workflow: WorkflowId,
    actor: Actor,
    event: &str,
    detail: Value,
) -> Result<()> {
    record_all(connection, &[workflow], actor, event, detail).await
}

/// Adds the same event to several workflows, in the caller's transaction.
pub async fn record_all(
    connection: &mut AsyncPgConnection,
    workflows: &[WorkflowId],
    actor: Actor,
    event: &str,
    detail: Value,
) -> Result<()> {
    let rows: Vec<_> = workflows
        .iter()
        .map(|&workflow| {
            (
                workflow_timeline::workflow_id.eq(workflow),
                workflow_timeline::event.eq(event),
                workflow_timeline::actor_kind.eq(actor.kind()),
                workflow_timeline::actor_id.eq(actor.id()),
                workflow_timeline::detail.eq(&detail),
            )
        })
        .collect();
    diesel::insert_into(workflow_timeline::table).values(rows).execute(connection).await?;
    Ok(())
}

/// One event.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = workflow_timeline)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub event: String,
    /// What kind of actor did it.
    pub actor_kind: ActorKind,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// The particulars.
    pub detail: Value,
}

/// Everything that happened to a workflow, oldest first.
pub async fn of_workflow(connection: &mut AsyncPgConnection, workflow: WorkflowId) -> Result<Vec<Event>> {
    Ok(workflow_timeline::table
        .filter(workflow_timeline::workflow_id.eq(workflow))
        .order(workflow_timeline::id)
        .select(Event::as_select())
        .load(connection)
        .await?)
}

//! What happens to workflows, told to whoever follows them all.

use std::collections::BTreeMap;

use common::ids::{AgentId, WorkflowId};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::workflow::WorkflowStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::workflows::{EventView, NamedActor, names};
use crate::error::Result;
use crate::schema::workflows;
use crate::timeline::{self, Position};

/// An event of one of all workflows.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowEvent {
    /// Of which workflow.
    pub workflow_id: WorkflowId,
    /// Where the workflow stands when this is told.
    pub status: WorkflowStatus,
    /// What happened.
    #[serde(flatten)]
    pub event: EventView,
}

/// An event in its place, and whose business it is.
#[derive(Clone, Debug)]
pub struct Happened {
    /// Its place: what comes next is asked for with it.
    pub position: Position,
    /// The agent that proposed the workflow, if one did.
    pub proposer: Option<AgentId>,
    /// What is told.
    pub told: WorkflowEvent,
}

/// Up to `limit` events after a place, in the order of commits, with nothing left out that could still come before one of
/// them.
pub async fn after(connection: &mut AsyncPgConnection, place: Position, limit: i64) -> Result<Vec<Happened>> {
    let news = timeline::after(connection, place, limit).await?;
    if news.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = news.iter().map(|event| event.workflow_id).collect();
    let about: BTreeMap<WorkflowId, (WorkflowStatus, Option<AgentId>)> = workflows::table
        .filter(workflows::id.eq_any(ids))
        .select((workflows::id, workflows::status, workflows::proposer_agent_id))
        .load::<(WorkflowId, WorkflowStatus, Option<AgentId>)>(connection)
        .await?
        .into_iter()
        .map(|(id, status, proposer)| (id, (status, proposer)))
        .collect();
    let names = names(connection, news.iter().filter_map(|event| event.actor_id)).await?;
    // A workflow is never deleted: each event has one.
    let complete = news.into_iter().filter_map(|event| {
        let (position, &(status, proposer)) = (event.position(), about.get(&event.workflow_id)?);
        let name = event.actor_id.and_then(|id| names.get(&id).cloned());
        let actor = NamedActor { kind: event.actor_kind, id: event.actor_id, name };
        let told = WorkflowEvent {
            workflow_id: event.workflow_id,
            status,
            event: EventView { at: event.at, event: event.event, actor, detail: event.detail },
        };
        Some(Happened { position, proposer, told })
    });
    Ok(complete.collect())
}

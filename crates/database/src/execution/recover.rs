//! Finding what should be moving and is not.

use chrono::{DateTime, Utc};
use common::ids::WorkflowId;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::workflow::WorkflowStatus;

use crate::error::Result;
use crate::governance::enqueue;
use crate::outbox::{self, Dispatch};
use crate::schema::workflows;

type Moving = (WorkflowId, Option<String>, Option<String>);

fn dispatches(rows: Vec<Moving>) -> Vec<Dispatch> {
    rows.into_iter()
        .map(|(workflow_id, request_id, traceparent)| Dispatch { workflow_id, request_id, traceparent })
        .collect()
}

/// Queues approved workflows whose cooling-off period is over.
pub async fn promote_cooled_off(connection: &mut AsyncPgConnection, limit: u16) -> Result<usize> {
    connection
        .transaction(async |connection| {
            let due = workflows::table
                .filter(workflows::status.eq(WorkflowStatus::Approved))
                .filter(workflows::due_at.le(now))
                .order(workflows::due_at)
                .limit(i64::from(limit))
                .for_update()
                .skip_locked()
                .select((workflows::id, workflows::request_id, workflows::traceparent))
                .load::<Moving>(connection)
                .await?;
            let dispatches = dispatches(due);
            enqueue(connection, &dispatches).await?;
            Ok(dispatches.len())
        })
        .await
}

/// Sends running workflows whose next attempt is due back to the workers.
pub async fn redispatch_due(connection: &mut AsyncPgConnection, limit: u16) -> Result<usize> {
    connection
        .transaction(async |connection| {
            let due = workflows::table
                .filter(workflows::status.eq(WorkflowStatus::Running))
                .filter(workflows::lease_holder.is_null())
                .filter(workflows::due_at.le(now))
                .order(workflows::due_at)
                .limit(i64::from(limit))
                .for_update()
                .skip_locked()
                .select((workflows::id, workflows::request_id, workflows::traceparent))
                .load::<Moving>(connection)
                .await?;
            redispatch(connection, due).await
        })
        .await
}

/// The reconciler: sends to the workers again what PostgreSQL says should be with them, no live lease covers, and nobody
/// has sent since. Returns how many.
///
/// Sending twice does no harm: a claim decides who runs it.
pub async fn recover(connection: &mut AsyncPgConnection, since: DateTime<Utc>, limit: u16) -> Result<usize> {
    connection
        .transaction(async |connection| {
            let forgotten = workflows::table
                .filter(
                    workflows::status.eq(WorkflowStatus::Queued).or(workflows::status
                        .eq(WorkflowStatus::Running)
                        .and(workflows::due_at.is_null())
                        .and(workflows::lease_expires_at.is_null().or(workflows::lease_expires_at.lt(now)))),
                )
                .filter(workflows::enqueued_at.le(since))
                .order(workflows::enqueued_at)
                .limit(i64::from(limit))
                .for_update()
                .skip_locked()
                .select((workflows::id, workflows::request_id, workflows::traceparent))
                .load::<Moving>(connection)
                .await?;
            redispatch(connection, forgotten).await
        })
        .await
}

async fn redispatch(connection: &mut AsyncPgConnection, rows: Vec<Moving>) -> Result<usize> {
    let dispatches = dispatches(rows);
    let ids: Vec<_> = dispatches.iter().map(|dispatch| dispatch.workflow_id).collect();
    diesel::update(workflows::table.filter(workflows::id.eq_any(ids)))
        .set((workflows::enqueued_at.eq(now), workflows::due_at.eq(None::<DateTime<Utc>>)))
        .execute(connection)
        .await?;
    outbox::dispatch(connection, &dispatches).await?;
    Ok(dispatches.len())
}

//! Finding what should be moving and is not.

use std::time::Duration;

use common::ids::WorkflowId;
use common::priority::Priority;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text, Uuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::workflow::WorkflowStatus;

use crate::clock;
use crate::error::Result;
use crate::governance::enqueue;
use crate::outbox::{self, Dispatch};
use crate::schema::workflows;

#[derive(Queryable, QueryableByName)]
struct Moving {
    #[diesel(sql_type = Uuid)]
    id: WorkflowId,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    traceparent: Option<String>,
}

fn dispatches(rows: Vec<Moving>) -> Vec<Dispatch> {
    rows.into_iter()
        .map(|Moving { id, request_id, traceparent }| Dispatch { workflow_id: id, request_id, traceparent })
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

/// Sends running workflows whose next attempt is due, and has been for so long, back to the workers: Redis should have
/// done so, and has forgotten.
pub async fn redispatch_due(connection: &mut AsyncPgConnection, overdue: Duration, limit: u16) -> Result<usize> {
    connection
        .transaction(async |connection| {
            let due = workflows::table
                .filter(workflows::status.eq(WorkflowStatus::Running))
                .filter(workflows::lease_holder.is_null())
                .filter(workflows::due_at.le(clock::ago(overdue)))
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

/// Sends parked workflows to the workers again, as many of each type as may be started now, unless their queue is paused.
/// Sending too many does no harm: a claim parks them again.
pub async fn unpark(connection: &mut AsyncPgConnection, limit: u16) -> Result<usize> {
    const CHOOSE: &str = "
        SELECT w.id, w.request_id, w.traceparent
        FROM workflow_types t
        JOIN queues q ON q.priority = t.priority AND q.paused_at IS NULL
        CROSS JOIN LATERAL (
            SELECT id, request_id, traceparent FROM workflows
            WHERE workflow_type = t.id AND parked_at IS NOT NULL
            ORDER BY parked_at
            LIMIT CASE WHEN t.max_running IS NULL THEN $1 ELSE GREATEST(0, LEAST($1, t.max_running - (
                SELECT count(*) FROM workflows r
                WHERE r.workflow_type = t.id AND r.lease_holder IS NOT NULL AND r.lease_expires_at > now()))) END
            FOR UPDATE SKIP LOCKED
        ) w
        WHERE EXISTS (SELECT FROM workflows p WHERE p.workflow_type = t.id AND p.parked_at IS NOT NULL)";
    connection
        .transaction(async |connection| {
            let chosen: Vec<Moving> =
                diesel::sql_query(CHOOSE).bind::<BigInt, _>(i64::from(limit)).load(connection).await?;
            redispatch(connection, chosen).await
        })
        .await
}

/// The reconciler: sends to the workers again what PostgreSQL says should be with them, no live lease covers, and nobody
/// has sent for so long. Returns how many.
///
/// Sending twice does no harm: a claim decides who runs it.
pub async fn recover(
    connection: &mut AsyncPgConnection,
    priority: Priority,
    silence: Duration,
    limit: u16,
) -> Result<usize> {
    const FORGOTTEN: &str = "
        SELECT w.id, w.request_id, w.traceparent
        FROM workflows w JOIN workflow_types t ON t.id = w.workflow_type
        WHERE t.priority = $1 AND w.parked_at IS NULL
          AND (w.status = 'queued'
               OR w.status = 'running' AND w.due_at IS NULL
                  AND (w.lease_expires_at IS NULL OR w.lease_expires_at < now()))
          AND w.enqueued_at <= now() - $2 * interval '1 second'
        ORDER BY w.enqueued_at LIMIT $3 FOR UPDATE OF w SKIP LOCKED";
    connection
        .transaction(async |connection| {
            let forgotten: Vec<Moving> = diesel::sql_query(FORGOTTEN)
                .bind::<Text, _>(priority)
                .bind::<Double, _>(silence.as_secs_f64())
                .bind::<BigInt, _>(i64::from(limit))
                .load(connection)
                .await?;
            redispatch(connection, forgotten).await
        })
        .await
}

async fn redispatch(connection: &mut AsyncPgConnection, rows: Vec<Moving>) -> Result<usize> {
    let dispatches = dispatches(rows);
    if dispatches.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = dispatches.iter().map(|dispatch| dispatch.workflow_id).collect();
    let never = None::<chrono::DateTime<chrono::Utc>>;
    diesel::update(workflows::table.filter(workflows::id.eq_any(ids)))
        .set((workflows::enqueued_at.eq(now), workflows::due_at.eq(never), workflows::parked_at.eq(never)))
        .execute(connection)
        .await?;
    outbox::dispatch(connection, &dispatches).await?;
    Ok(dispatches.len())
}

//! What has to reach Redis, written with the act that causes it.

use common::ids::WorkflowId;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Result;
use crate::schema::outbox;

/// The stream that workers take workflows from.
pub const WORKFLOWS: &str = "workflows";

/// What a worker is told of a workflow; everything else it reads from the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Which one.
    pub workflow_id: WorkflowId,
    /// The request that proposed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The trace that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// A row on its way.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct Row {
    /// Its place in the order.
    pub id: i64,
    /// Which stream it goes to.
    pub stream: String,
    /// What it says.
    pub payload: Value,
}

/// Sends workflows towards the workers, in the caller's transaction.
pub async fn dispatch(connection: &mut AsyncPgConnection, dispatches: &[Dispatch]) -> Result<()> {
    let rows: Vec<_> = dispatches
        .iter()
        .map(|dispatch| {
            let payload = serde_json::json!(dispatch);
            (outbox::stream.eq(WORKFLOWS), outbox::payload.eq(payload))
        })
        .collect();
    diesel::insert_into(outbox::table).values(rows).execute(connection).await?;
    Ok(())
}

/// The oldest rows that no other relay holds, locked until the caller's transaction ends.
pub async fn lock_batch(connection: &mut AsyncPgConnection, limit: u16) -> Result<Vec<Row>> {
    Ok(outbox::table
        .order(outbox::id)
        .limit(i64::from(limit))
        .select(Row::as_select())
        .for_update()
        .skip_locked()
        .load(connection)
        .await?)
}

/// Forgets rows that Redis has.
pub async fn delete(connection: &mut AsyncPgConnection, ids: &[i64]) -> Result<()> {
    diesel::delete(outbox::table.filter(outbox::id.eq_any(ids))).execute(connection).await?;
    Ok(())
}

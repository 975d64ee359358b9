//! Deleting what is kept no longer, in batches, by the run of an approved workflow.
//!
//! Nothing here touches the record, a proposal, a vote, the timeline or what evidence is made of: those are kept for ever.
//! Of an output only the value goes; the digest of what came back stays with the step.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::ids::WorkflowId;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz, Uuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::steps::What;
use governance::workflow::WorkflowStatus;
use serde_json::{Value, json};

use crate::audit::{self, Act};
use crate::error::Result;
use crate::execution::{Run, hold};
use crate::schema::{audit_log, workflows};

/// What kind of thing the record says was cleaned up: named by the workflow that did.
const RESOURCE: &str = "cleanup";

/// Rows by table.
pub type Rows = BTreeMap<String, i64>;

/// How far the deleting of outputs has come.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    finished_at: DateTime<Utc>,
    id: WorkflowId,
}

/// What a batch came to.
#[derive(Clone, Debug)]
pub enum Batch {
    /// There may be more, from here on.
    More(Option<Place>),
    /// That was all.
    Last,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The tables that something is kept in, and how its old rows are counted.
const fn counts(what: What) -> &'static [(&'static str, &'static str)] {
    match what {
        What::Outputs => &[
            (
                "workflow_steps.output",
                "SELECT count(*) FROM workflows w JOIN workflow_steps s ON s.workflow_id = w.id
                 WHERE w.finished_at < $1 AND w.status = 'completed' AND s.output IS NOT NULL",
            ),
            (
                "workflows.output",
                "SELECT count(*) FROM workflows w
                 WHERE w.finished_at < $1 AND w.status = 'completed' AND w.output IS NOT NULL",
            ),
        ],
        What::WebhookDeliveries => &[(
            "webhook_deliveries",
            "SELECT count(*) FROM webhook_deliveries WHERE created_at < $1 AND status <> 'pending'",
        )],
        What::IdempotencyKeys => &[("idempotency_keys", "SELECT count(*) FROM idempotency_keys WHERE created_at < $1")],
    }
}

/// Counts what is older than `before`.
pub async fn count(connection: &mut AsyncPgConnection, what: What, before: DateTime<Utc>) -> Result<Rows> {
    let mut rows = Rows::new();
    for (table, query) in counts(what) {
        let counted: Counted = diesel::sql_query(*query).bind::<Timestamptz, _>(before).get_result(connection).await?;
        rows.insert((*table).to_owned(), counted.count);
    }
    Ok(rows)
}

/// Deletes up to `limit` of what is older than `before`, under the fence of the run that does it, and puts on the record
/// how much that was.
pub async fn delete(
    connection: &mut AsyncPgConnection,
    run: &Run,
    what: What,
    before: DateTime<Utc>,
    place: Option<Place>,
    limit: u16,
) -> Result<Batch> {
    connection
        .transaction(async |connection| {
            hold(connection, run).await?;
            let (rows, batch) = match what {
                What::Outputs => outputs(connection, before, place, limit).await?,
                What::WebhookDeliveries => {
                    const DELETE: &str = "
                        DELETE FROM webhook_deliveries WHERE id IN (
                            SELECT id FROM webhook_deliveries WHERE created_at < $1 AND status <> 'pending'
                            ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
                    delete_rows(connection, "webhook_deliveries", DELETE, before, limit).await?
                }
                What::IdempotencyKeys => {
                    const DELETE: &str = "
                        DELETE FROM idempotency_keys WHERE (caller, key) IN (
                            SELECT caller, key FROM idempotency_keys WHERE created_at < $1 LIMIT $2)";
                    delete_rows(connection, "idempotency_keys", DELETE, before, limit).await?
                }
            };
            if rows.values().any(|count| *count > 0) {
                let detail = json!({"what": what, "before": before, "rows": rows});
                let act = Act::new(Actor::System, "maintenance.deleted", RESOURCE, run.id).with(detail);
                audit::record(connection, &run.context, act).await?;
            }
            Ok(batch)
        })
        .await
}

async fn delete_rows(
    connection: &mut AsyncPgConnection,
    table: &str,
    query: &str,
    before: DateTime<Utc>,
    limit: u16,
) -> Result<(Rows, Batch)> {
    let query = diesel::sql_query(query).bind::<Timestamptz, _>(before).bind::<BigInt, _>(i64::from(limit));
    let deleted = query.execute(connection).await?;
    let batch = if deleted < usize::from(limit) { Batch::Last } else { Batch::More(None) };
    Ok((Rows::from([(table.to_owned(), i64::try_from(deleted).unwrap_or(i64::MAX))]), batch))
}

/// Clears the outputs of the next completed workflows. One that failed keeps them: a retry goes on from there.
async fn outputs(
    connection: &mut AsyncPgConnection,
    before: DateTime<Utc>,
    place: Option<Place>,
    limit: u16,
) -> Result<(Rows, Batch)> {
    let mut next = workflows::table
        .filter(workflows::finished_at.lt(before))
        .filter(workflows::status.eq(WorkflowStatus::Completed))
        .order((workflows::finished_at, workflows::id))
        .select((workflows::finished_at.assume_not_null(), workflows::id))
        .limit(i64::from(limit))
        .into_boxed();
    if let Some(Place { finished_at, id }) = place {
        let behind = diesel::dsl::sql::<diesel::sql_types::Bool>("(finished_at, id) > (")
            .bind::<Timestamptz, _>(finished_at)
            .sql(", ")
            .bind::<Uuid, _>(id.0)
            .sql(")");
        next = next.filter(behind);
    }
    let next: Vec<(DateTime<Utc>, WorkflowId)> = next.load(connection).await?;
    let ids: Vec<_> = next.iter().map(|(_, id)| id.0).collect();
    let mut rows = Rows::new();
    for (table, query) in [
        (
            "workflow_steps.output",
            "UPDATE workflow_steps SET output = NULL WHERE workflow_id = ANY($1) AND output IS NOT NULL",
        ),
        ("workflows.output", "UPDATE workflows SET output = NULL WHERE id = ANY($1) AND output IS NOT NULL"),
    ] {
        let cleared = diesel::sql_query(query).bind::<Array<Uuid>, _>(&ids).execute(connection).await?;
        rows.insert(table.to_owned(), i64::try_from(cleared).unwrap_or(i64::MAX));
    }
    let batch = match next.last() {
        Some(&(finished_at, id)) if next.len() == usize::from(limit) => Batch::More(Some(Place { finished_at, id })),
        _ => Batch::Last,
    };
    Ok((rows, batch))
}

/// What a workflow has deleted so far, in all its attempts, by its record.
pub async fn deleted(connection: &mut AsyncPgConnection, run: &Run) -> Result<Rows> {
    let details: Vec<Value> = audit_log::table
        .filter(audit_log::resource_kind.eq(RESOURCE))
        .filter(audit_log::resource_id.eq(run.id.to_string()))
        .order(audit_log::id)
        .select(audit_log::detail)
        .load(connection)
        .await?;
    let mut rows = Rows::new();
    for (table, count) in details.iter().filter_map(|detail| detail["rows"].as_object()).flatten() {
        *rows.entry(table.clone()).or_default() += count.as_i64().unwrap_or_default();
    }
    Ok(rows)
}

//! Claiming workflows: at most one worker holds each, for as long as its lease is renewed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::{StepName, WorkflowId, WorkflowTypeId};
use common::problem::Problem;
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::definition::Step;
use governance::digest::{Digest, proposal_digest};
use governance::workflow::{Basis, StepStatus, WorkflowStatus};
use serde_json::{Value, json};

use super::run::Run;
use crate::audit::{self, Act};
use crate::clock::from_now;
use crate::error::Result;
use crate::governance::lock;
use crate::governance::mandates::{Claimed, use_up};
use crate::schema::{workflow_steps as steps, workflow_type_versions as versions, workflows};
use crate::timeline;

/// A claimed workflow: what to run, and what of it is done already.
#[derive(Debug)]
pub struct Claim {
    /// The right to write to it.
    pub run: Run,
    /// What kind it is.
    pub workflow_type: WorkflowTypeId,
    /// The digest that its councils approved.
    pub approved: Digest,
    /// The digest of what is about to run.
    pub actual: Digest,
    /// What it runs with.
    pub inputs: Value,
    /// What it consists of.
    pub steps: Vec<Step>,
    /// Where each step stands, in the order of the steps.
    pub progress: Vec<Progress>,
    /// The request that proposed it.
    pub request_id: Option<String>,
    /// The trace that it belongs to.
    pub traceparent: Option<String>,
}

/// Where a step of a claimed workflow stands.
#[derive(Clone, Debug, Queryable)]
pub struct Progress {
    /// What it is called.
    pub name: StepName,
    /// Where it stands.
    pub status: StepStatus,
    /// How often it was tried.
    pub attempt: i32,
    /// What came of it.
    pub output: Option<Value>,
    /// The round that it asked its councils in, if it has: claimed again, the run has their approval.
    pub asked_round: Option<i32>,
}

/// What has become of a stream entry.
#[derive(Debug)]
pub enum Entry {
    /// It is ours to run.
    Claimed(Box<Claim>),
    /// Another worker holds it: the entry stays where it is, in case that worker dies.
    HeldElsewhere,
    /// There is nothing to do for it now: finished, cancelled, or waiting for a due time that PostgreSQL keeps.
    NothingToDo,
    /// It should never have been on the stream.
    Refused(String),
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = workflows)]
struct Row {
    workflow_type: WorkflowTypeId,
    type_version: i32,
    inputs: Value,
    digest: Digest,
    status: WorkflowStatus,
    basis: Basis,
    due_at: Option<DateTime<Utc>>,
    enqueued_at: Option<DateTime<Utc>>,
    lease_expires_at: Option<DateTime<Utc>>,
    fence: i64,
    request_id: Option<String>,
    traceparent: Option<String>,
}

/// Claims a workflow that a stream entry names, if it is there to be claimed.
pub async fn claim(connection: &mut AsyncPgConnection, id: WorkflowId, holder: &str, lease: Duration) -> Result<Entry> {
    connection
        .transaction(async |connection| {
            let locked: Option<(Row, DateTime<Utc>)> = workflows::table
                .find(id)
                .for_update()
                .select((Row::as_select(), diesel::dsl::sql::<diesel::sql_types::Timestamptz>("now()")))
                .first(connection)
                .await
                .optional()?;
            let Some((row, time)) = locked else {
                return Ok(Entry::Refused("there is no such workflow".to_owned()));
            };
            let resumed = match row.status {
                WorkflowStatus::Queued => false,
                WorkflowStatus::Running if row.lease_expires_at.is_some_and(|end| end > time) => {
                    return Ok(Entry::HeldElsewhere);
                }
                WorkflowStatus::Running => true,
                // Sent twice, and sent back to its councils since: its mandate has ended, it is retried by a new vote, or one
                // of its steps asks them.
                WorkflowStatus::PendingReview | WorkflowStatus::Approved if row.enqueued_at.is_some() => {
                    return Ok(Entry::NothingToDo);
                }
                WorkflowStatus::PendingReview | WorkflowStatus::Approved => {
                    return Ok(Entry::Refused(format!("the workflow is {}, not queued", row.status)));
                }
                _ => return Ok(Entry::NothingToDo),
            };
            if row.due_at.is_some_and(|due| due > time) {
                return Ok(Entry::NothingToDo);
            }
            let context = RequestContext { request_id: row.request_id.clone(), ..RequestContext::default() };
            if row.basis == Basis::Mandate
                && !resumed
                && let Some(workflow) = lock(connection, id).await?
                && matches!(use_up(connection, &context, &workflow, &row.inputs).await?, Claimed::SentBack)
            {
                return Ok(Entry::NothingToDo);
            }
            let fence: i64 = diesel::update(workflows::table.find(id))
                .set((
                    workflows::status.eq(WorkflowStatus::Running),
                    workflows::fence.eq(workflows::fence + 1),
                    workflows::lease_holder.eq(holder),
                    workflows::lease_expires_at.eq(from_now(lease)),
                    workflows::due_at.eq(None::<DateTime<Utc>>),
                    workflows::started_at
                        .eq(diesel::dsl::sql::<diesel::sql_types::Nullable<_>>("COALESCE(started_at, now())")),
                ))
                .returning(workflows::fence)
                .get_result(connection)
                .await?;
            let (input_schema, definition): (Value, Value) = versions::table
                .find((&row.workflow_type, row.type_version))
                .select((versions::input_schema, versions::steps))
                .first(connection)
                .await?;
            let progress = steps::table
                .filter(steps::workflow_id.eq(id))
                .order(steps::position)
                .select((steps::name, steps::status, steps::attempt, steps::output, steps::asked_round))
                .load::<Progress>(connection)
                .await?;
            let (event, action) =
                if resumed { ("resumed", "workflow.resumed") } else { ("started", "workflow.started") };
            let detail = json!({"holder": holder, "fence": fence});
            timeline::record(connection, id, Actor::System, event, detail.clone()).await?;
            let act = Act::new(Actor::System, action, "workflow", id).with(detail);
            audit::record(connection, &context, act).await?;
            debug_assert!(fence == row.fence + 1, "the row was locked");
            Ok(Entry::Claimed(Box::new(Claim {
                actual: proposal_digest(&row.workflow_type, row.type_version, &input_schema, &definition, &row.inputs),
                run: Run { id, fence, context },
                workflow_type: row.workflow_type,
                approved: row.digest,
                inputs: row.inputs,
                steps: serde_json::from_value(definition).map_err(Problem::internal)?,
                progress,
                request_id: row.request_id,
                traceparent: row.traceparent,
            })))
        })
        .await
}

/// Extends the lease of a run. `false`: it is another's now, or has ended.
pub async fn renew(connection: &mut AsyncPgConnection, run: &Run, lease: Duration) -> Result<bool> {
    let renewed = diesel::update(workflows::table.find(run.id))
        .filter(workflows::fence.eq(run.fence))
        .filter(workflows::status.eq(WorkflowStatus::Running))
        .filter(workflows::lease_holder.is_not_null())
        .set(workflows::lease_expires_at.eq(from_now(lease)))
        .execute(connection)
        .await?;
    Ok(renewed == 1)
}

/// Gives a run back unfinished, so that another worker can go on with it at once.
pub async fn release(connection: &mut AsyncPgConnection, run: &Run) -> Result<()> {
    diesel::update(workflows::table.find(run.id))
        .filter(workflows::fence.eq(run.fence))
        .filter(workflows::status.eq(WorkflowStatus::Running))
        .set((
            workflows::lease_holder.eq(None::<String>),
            workflows::lease_expires_at.eq(None::<DateTime<Utc>>),
            workflows::due_at.eq(now),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

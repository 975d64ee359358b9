//! What a run writes: each under its fence, or not at all.

use std::time::Duration;

use chrono::{DateTime, Utc};
use common::actor::Actor;
use common::http::RequestContext;
use common::ids::{StepName, WorkflowId};
use diesel::dsl::now;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use governance::workflow::{StepStatus, WorkflowStatus};
use serde_json::{Value, json};

use crate::audit::{self, Act};
use crate::clock::from_now;
use crate::error::{Error, Result};
use crate::schema::{workflow_steps as steps, workflows};
use crate::timeline;

/// The right to write to a claimed workflow, for as long as nobody else claims it.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which workflow.
    pub id: WorkflowId,
    /// The fence that the claim gave.
    pub fence: i64,
    /// The request that the workflow came from.
    pub context: RequestContext,
}

/// What an attempt at a step came to.
#[derive(Clone, Debug)]
pub struct StepResult {
    /// The digest of what was sent or rendered.
    pub request: Digest,
    /// The digest of what came back.
    pub response: Option<Digest>,
    /// What later steps see, or what went wrong.
    pub outcome: std::result::Result<Value, String>,
}

/// Locks the workflow, if the fence is still in force.
pub(crate) async fn hold(connection: &mut AsyncPgConnection, run: &Run) -> Result<()> {
    let held: Option<WorkflowId> = workflows::table
        .find(run.id)
        .filter(workflows::fence.eq(run.fence))
        .filter(workflows::status.eq(WorkflowStatus::Running))
        .filter(workflows::lease_holder.is_not_null())
        .for_update()
        .select(workflows::id)
        .first(connection)
        .await
        .optional()?;
    held.map(|_| ()).ok_or(Error::LeaseLost)
}

/// Writes down that a step is about to be tried, before anything of it reaches the world; returns which attempt it is.
pub async fn begin_step(connection: &mut AsyncPgConnection, run: &Run, position: i32) -> Result<i32> {
    connection
        .transaction(async |connection| {
            hold(connection, run).await?;
            let (name, attempt): (String, i32) = diesel::update(steps::table.find((run.id, position)))
                .set((
                    steps::status.eq(StepStatus::Running),
                    steps::attempt.eq(steps::attempt + 1),
                    steps::fence.eq(run.fence),
                    steps::started_at
                        .eq(diesel::dsl::sql::<diesel::sql_types::Nullable<_>>("COALESCE(started_at, now())")),
                ))
                .returning((steps::name, steps::attempt))
                .get_result(connection)
                .await?;
            let detail = json!({"step": name, "attempt": attempt, "fence": run.fence});
            note(connection, run, "step_started", "step.started", detail).await?;
            Ok(attempt)
        })
        .await
}

/// Writes down what a step came to for good.
pub async fn finish_step(
    connection: &mut AsyncPgConnection,
    run: &Run,
    position: i32,
    result: &StepResult,
) -> Result<()> {
    let (status, event, action) = match result.outcome {
        Ok(_) => (StepStatus::Completed, "step_completed", "step.completed"),
        Err(_) => (StepStatus::Failed, "step_failed", "step.failed"),
    };
    connection
        .transaction(async |connection| {
            hold(connection, run).await?;
            let (name, attempt): (String, i32) = diesel::update(steps::table.find((run.id, position)))
                .set((
                    steps::status.eq(status),
                    steps::request_digest.eq(result.request),
                    steps::response_digest.eq(result.response),
                    steps::output.eq(result.outcome.as_ref().ok()),
                    steps::error.eq(result.outcome.as_ref().err()),
                    steps::finished_at.eq(now),
                ))
                .returning((steps::name, steps::attempt))
                .get_result(connection)
                .await?;
            let detail = json!({
                "step": name, "attempt": attempt, "request_digest": result.request,
                "response_digest": result.response, "error": result.outcome.as_ref().err(),
            });
            note(connection, run, event, action, detail).await
        })
        .await
}

/// Writes down that a condition has steps left out, together with what the condition came to.
pub async fn skip_steps(
    connection: &mut AsyncPgConnection,
    run: &Run,
    position: i32,
    result: &StepResult,
    skipped: &[StepName],
) -> Result<()> {
    connection
        .transaction(async |connection| {
            finish_step(connection, run, position, result).await?;
            let because: StepName = steps::table.find((run.id, position)).select(steps::name).first(connection).await?;
            for name in skipped {
                diesel::update(steps::table.filter(steps::workflow_id.eq(run.id)).filter(steps::name.eq(name)))
                    .set((steps::status.eq(StepStatus::Skipped), steps::finished_at.eq(now)))
                    .execute(connection)
                    .await?;
                let detail = json!({"step": name, "because": because});
                note(connection, run, "step_skipped", "step.skipped", detail).await?;
            }
            Ok(())
        })
        .await
}

/// Gives the run back until the next attempt at a step that has failed for now is due.
pub async fn retry_later(
    connection: &mut AsyncPgConnection,
    run: &Run,
    position: i32,
    result: &StepResult,
    delay: Duration,
) -> Result<()> {
    let error = result.outcome.as_ref().err();
    connection
        .transaction(async |connection| {
            hold(connection, run).await?;
            let (name, attempt): (String, i32) = diesel::update(steps::table.find((run.id, position)))
                .set(steps::error.eq(error))
                .returning((steps::name, steps::attempt))
                .get_result(connection)
                .await?;
            diesel::update(workflows::table.find(run.id))
                .set((
                    workflows::lease_holder.eq(None::<String>),
                    workflows::lease_expires_at.eq(None::<DateTime<Utc>>),
                    workflows::due_at.eq(from_now(delay)),
                ))
                .execute(connection)
                .await?;
            let detail = json!({
                "step": name, "attempt": attempt, "request_digest": result.request,
                "response_digest": result.response, "error": error, "retry_in_seconds": delay.as_secs_f64(),
            });
            note(connection, run, "step_will_be_retried", "step.will_be_retried", detail).await
        })
        .await
}

/// Ends a run whose steps are all done.
pub async fn complete(connection: &mut AsyncPgConnection, run: &Run, output: Option<&Value>) -> Result<()> {
    finish(connection, run, WorkflowStatus::Completed, output, None).await
}

/// Ends a run that can't go on.
pub async fn fail(connection: &mut AsyncPgConnection, run: &Run, error: &str) -> Result<()> {
    finish(connection, run, WorkflowStatus::Failed, None, Some(error)).await
}

async fn finish(
    connection: &mut AsyncPgConnection,
    run: &Run,
    status: WorkflowStatus,
    output: Option<&Value>,
    error: Option<&str>,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            hold(connection, run).await?;
            diesel::update(workflows::table.find(run.id))
                .set((
                    workflows::status.eq(status),
                    workflows::finished_at.eq(now),
                    workflows::lease_holder.eq(None::<String>),
                    workflows::lease_expires_at.eq(None::<DateTime<Utc>>),
                    workflows::output.eq(output),
                    workflows::error.eq(error),
                ))
                .execute(connection)
                .await?;
            let detail = json!({"fence": run.fence, "error": error});
            note(connection, run, status.as_str(), &format!("workflow.{status}"), detail).await
        })
        .await
}

/// Puts one fact on the timeline and on the record.
async fn note(connection: &mut AsyncPgConnection, run: &Run, event: &str, action: &str, detail: Value) -> Result<()> {
    timeline::record(connection, run.id, Actor::System, event, detail.clone()).await?;
    let act = Act::new(Actor::System, action, "workflow", run.id).with(detail);
    audit::record(connection, &run.context, act).await
}

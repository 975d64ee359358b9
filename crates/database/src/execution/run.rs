//! What runs write: under their fences, or not at all. Many runs are written in one transaction: a commit costs the
//! same for one as for hundreds.

use std::collections::BTreeSet;
use std::time::Duration;

use common::http::RequestContext;
use common::ids::{StepName, WorkflowId};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Double, Integer, Jsonb, Nullable, Text, Uuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use governance::workflow::{StepStatus, WorkflowStatus};
use serde_json::{Value, json};

use super::notes::{self, Note};
use crate::error::{Error, Result};
use crate::schema::workflows;

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

/// A step, and which attempt at it this is.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// Its place among the steps.
    pub position: i32,
    /// What it is called.
    pub name: StepName,
    /// The number of the attempt, from 1.
    pub attempt: i32,
}

/// What happened to a step of a run.
#[derive(Clone, Debug)]
pub enum StepChange {
    /// It is about to be tried: written before anything of it reaches the world.
    Begun(Attempted),
    /// What it came to for good.
    Ended(Attempted, StepResult),
    /// It has failed for now, and is tried again after this time.
    ToBeRetried(Attempted, StepResult, Duration),
    /// It is done once this time has passed.
    Waits(Attempted, Duration),
    /// A condition, the step of this name, has ruled it out.
    Skipped(Attempted, StepName),
    /// A line that it wrote, for whoever watches.
    Logged(Attempted, String),
}

/// What becomes of the run then.
#[derive(Clone, Debug)]
pub enum Then {
    /// It goes on, in the same hands.
    GoesOn,
    /// It is given back until this time has passed.
    Waits(Duration),
    /// All its steps are done; the output of the last one.
    Completes(Option<Value>),
    /// It can't go on.
    Fails(String),
}

/// What happened to a run since the last time.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which run.
    pub run: Run,
    /// To its steps, in this order.
    pub steps: Vec<StepChange>,
    /// What becomes of it.
    pub then: Then,
}

/// Writes changes, one of each run at most, in one transaction. Returns for each whether its fence was still in force: of
/// the others nothing is written.
pub async fn write(connection: &mut AsyncPgConnection, changes: &[Change]) -> Result<Vec<bool>> {
    connection
        .transaction(async |connection| {
            let held = hold_all(connection, changes).await?;
            // By its fence, too: a worker that claims a workflow again may write for the run that lost it in the same batch.
            let is_held = |change: &Change| held.contains(&(change.run.id, change.run.fence));
            let written: Vec<&Change> = changes.iter().filter(|change| is_held(change)).collect();
            leave(connection, &written).await?;
            write_steps(connection, &written).await?;
            notes::write(connection, written.into_iter().flat_map(notes_of).collect()).await?;
            Ok(changes.iter().map(is_held).collect())
        })
        .await
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Uuid)]
    id: WorkflowId,
    #[diesel(sql_type = BigInt)]
    fence: i64,
}

/// Locks the runs whose fence is in force, in the order of their ids, as everybody does who locks several.
async fn hold_all(connection: &mut AsyncPgConnection, changes: &[Change]) -> Result<BTreeSet<(WorkflowId, i64)>> {
    const HOLD: &str = "
        SELECT w.id, w.fence FROM workflows w JOIN unnest($1::uuid[], $2::bigint[]) AS c (id, fence) USING (id)
        WHERE w.fence = c.fence AND w.status = 'running' AND w.lease_holder IS NOT NULL
        ORDER BY w.id FOR NO KEY UPDATE OF w";
    let held: Vec<Held> = diesel::sql_query(HOLD)
        .bind::<Array<Uuid>, _>(changes.iter().map(|change| change.run.id).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(changes.iter().map(|change| change.run.fence).collect::<Vec<_>>())
        .load(connection)
        .await?;
    Ok(held.into_iter().map(|held| (held.id, held.fence)).collect())
}

/// Ends those of the held runs that end, or gives them back.
async fn leave(connection: &mut AsyncPgConnection, held: &[&Change]) -> Result<()> {
    const LEAVE: &str = "
        UPDATE workflows w SET
            status = COALESCE(c.status, w.status),
            finished_at = CASE WHEN c.status IS NOT NULL THEN now() END,
            lease_holder = NULL, lease_expires_at = NULL,
            due_at = now() + c.wait * interval '1 second',
            output = c.output, error = c.error
        FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::jsonb[], $5::text[])
            AS c (id, status, wait, output, error)
        WHERE w.id = c.id";
    let leaving: Vec<_> = held.iter().filter(|change| !matches!(change.then, Then::GoesOn)).collect();
    if leaving.is_empty() {
        return Ok(());
    }
    let each = || leaving.iter().map(|change| &change.then);
    let status = |then: &Then| match then {
        Then::Completes(_) => Some(WorkflowStatus::Completed.as_str()),
        Then::Fails(_) => Some(WorkflowStatus::Failed.as_str()),
        Then::Waits(_) | Then::GoesOn => None,
    };
    let wait = |then: &Then| if let Then::Waits(time) = then { Some(time.as_secs_f64()) } else { None };
    let output = |then: &Then| if let Then::Completes(output) = then { output.clone() } else { None };
    let error = |then: &Then| if let Then::Fails(error) = then { Some(error.clone()) } else { None };
    diesel::sql_query(LEAVE)
        .bind::<Array<Uuid>, _>(leaving.iter().map(|change| change.run.id).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(each().map(status).collect::<Vec<_>>())
        .bind::<Array<Nullable<Double>>, _>(each().map(wait).collect::<Vec<_>>())
        .bind::<Array<Nullable<Jsonb>>, _>(each().map(output).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(each().map(error).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// What a step's row becomes.
#[derive(Default)]
struct StepRows<'a> {
    workflows: Vec<WorkflowId>,
    positions: Vec<i32>,
    fences: Vec<i64>,
    statuses: Vec<&'static str>,
    attempts: Vec<i32>,
    requests: Vec<Option<Digest>>,
    responses: Vec<Option<Digest>>,
    outputs: Vec<Option<&'a Value>>,
    errors: Vec<Option<&'a str>>,
    finished: Vec<bool>,
    resume_in: Vec<Option<f64>>,
}

impl<'a> StepRows<'a> {
    fn push(&mut self, run: &Run, step: &Attempted, status: StepStatus, result: Option<&'a StepResult>) {
        self.workflows.push(run.id);
        self.positions.push(step.position);
        self.fences.push(run.fence);
        self.statuses.push(status.as_str());
        self.attempts.push(step.attempt);
        self.requests.push(result.map(|result| result.request));
        self.responses.push(result.and_then(|result| result.response));
        self.outputs.push(result.and_then(|result| result.outcome.as_ref().ok()));
        self.errors.push(result.and_then(|result| result.outcome.as_ref().err().map(String::as_str)));
        self.finished.push(matches!(status, StepStatus::Completed | StepStatus::Failed | StepStatus::Skipped));
        self.resume_in.push(None);
    }
}

async fn write_steps(connection: &mut AsyncPgConnection, changes: &[&Change]) -> Result<()> {
    // Of an attempt that is not the last only the error is kept: its digests are on the record.
    const WRITE: &str = "
        UPDATE workflow_steps s SET
            status = c.status, attempt = c.attempt, fence = c.fence,
            started_at = CASE WHEN c.status = 'skipped' THEN s.started_at ELSE COALESCE(s.started_at, now()) END,
            finished_at = CASE WHEN c.finished THEN now() END,
            request_digest = CASE WHEN c.finished THEN c.request ELSE s.request_digest END,
            response_digest = CASE WHEN c.finished THEN c.response ELSE s.response_digest END,
            output = c.output,
            error = CASE WHEN c.finished THEN c.error ELSE COALESCE(c.error, s.error) END,
            resume_at = now() + c.resume_in * interval '1 second'
        FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::text[], $5::integer[], $6::bytea[], $7::bytea[],
                    $8::jsonb[], $9::text[], $10::boolean[], $11::float8[])
            AS c (workflow_id, position, fence, status, attempt, request, response, output, error, finished, resume_in)
        WHERE s.workflow_id = c.workflow_id AND s.position = c.position";
    let mut rows = StepRows::default();
    for Change { run, steps, .. } in changes.iter().copied() {
        for change in steps {
            match change {
                StepChange::Begun(step) => rows.push(run, step, StepStatus::Running, None),
                StepChange::Ended(step, result) => {
                    let status = if result.outcome.is_ok() { StepStatus::Completed } else { StepStatus::Failed };
                    rows.push(run, step, status, Some(result));
                }
                StepChange::ToBeRetried(step, result, _) => rows.push(run, step, StepStatus::Running, Some(result)),
                StepChange::Waits(step, time) => {
                    rows.push(run, step, StepStatus::Running, None);
                    if let Some(last) = rows.resume_in.last_mut() {
                        *last = Some(time.as_secs_f64());
                    }
                }
                StepChange::Skipped(step, _) => rows.push(run, step, StepStatus::Skipped, None),
                StepChange::Logged(..) => {}
            }
        }
    }
    if rows.workflows.is_empty() {
        return Ok(());
    }
    diesel::sql_query(WRITE)
        .bind::<Array<Uuid>, _>(rows.workflows)
        .bind::<Array<Integer>, _>(rows.positions)
        .bind::<Array<BigInt>, _>(rows.fences)
        .bind::<Array<Text>, _>(rows.statuses)
        .bind::<Array<Integer>, _>(rows.attempts)
        .bind::<Array<Nullable<Bytea>>, _>(rows.requests)
        .bind::<Array<Nullable<Bytea>>, _>(rows.responses)
        .bind::<Array<Nullable<Jsonb>>, _>(rows.outputs)
        .bind::<Array<Nullable<Text>>, _>(rows.errors)
        .bind::<Array<Bool>, _>(rows.finished)
        .bind::<Array<Nullable<Double>>, _>(rows.resume_in)
        .execute(connection)
        .await?;
    Ok(())
}

/// What the timeline and the record say of a change.
fn notes_of(change: &Change) -> Vec<Note> {
    let Change { run, steps, then } = change;
    let note = |event, action, detail| Note {
        workflow: run.id,
        event,
        action,
        detail,
        request_id: run.context.request_id.clone(),
    };
    let mut notes: Vec<_> = steps
        .iter()
        .map(|change| match change {
            StepChange::Begun(step) => {
                let detail = json!({"step": step.name, "attempt": step.attempt, "fence": run.fence});
                note("step_started", Some("step.started"), detail)
            }
            StepChange::Ended(step, result) => {
                let (event, action) = match result.outcome {
                    Ok(_) => ("step_completed", "step.completed"),
                    Err(_) => ("step_failed", "step.failed"),
                };
                note(event, Some(action), attempt_detail(step, result))
            }
            StepChange::ToBeRetried(step, result, delay) => {
                let mut detail = attempt_detail(step, result);
                detail["retry_in_seconds"] = json!(delay.as_secs_f64());
                note("step_will_be_retried", Some("step.will_be_retried"), detail)
            }
            StepChange::Waits(step, time) => {
                let detail = json!({"step": step.name, "attempt": step.attempt, "seconds": time.as_secs_f64()});
                note("step_waits", Some("step.waits"), detail)
            }
            StepChange::Skipped(step, condition) => {
                note("step_skipped", Some("step.skipped"), json!({"step": step.name, "because": condition}))
            }
            StepChange::Logged(step, line) => {
                note("step_logged", None, json!({"step": step.name, "attempt": step.attempt, "line": line}))
            }
        })
        .collect();
    match then {
        Then::GoesOn | Then::Waits(_) => {}
        Then::Completes(_) => {
            notes.push(note("completed", Some("workflow.completed"), json!({"fence": run.fence, "error": null})));
        }
        Then::Fails(error) => {
            notes.push(note("failed", Some("workflow.failed"), json!({"fence": run.fence, "error": error})));
        }
    }
    notes
}

fn attempt_detail(step: &Attempted, result: &StepResult) -> Value {
    json!({
        "step": step.name, "attempt": step.attempt, "request_digest": result.request,
        "response_digest": result.response, "error": result.outcome.as_ref().err(),
    })
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

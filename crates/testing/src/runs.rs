//! A worker's writes, one run and one step at a time.

use std::time::Duration;

use common::ids::WorkflowId;
use database::execution::{Attempted, Change, Entry, Run, StepChange, StepResult, Then, Versions, write};
use database::schema::workflow_steps as steps;
use database::{Error, Result};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

/// Claims one workflow.
pub async fn claim(connection: &mut AsyncPgConnection, id: WorkflowId, holder: &str, lease: Duration) -> Result<Entry> {
    let mut claimed = database::execution::claim(connection, &Versions::default(), &[id], holder, lease).await?;
    Ok(claimed.remove(&id).expect("an answer for each"))
}

async fn change(connection: &mut AsyncPgConnection, run: &Run, steps: Vec<StepChange>, then: Then) -> Result<()> {
    let change = Change { run: run.clone(), steps, then };
    if write(connection, &[change]).await? == [true] { Ok(()) } else { Err(Error::LeaseLost) }
}

async fn step(connection: &mut AsyncPgConnection, run: &Run, position: i32) -> Attempted {
    let found = steps::table.find((run.id, position)).select((steps::name, steps::attempt));
    let (name, attempt) = found.first(connection).await.expect("a step");
    Attempted { position, name, attempt }
}

/// Writes down that a step is about to be tried; returns which attempt it is.
pub async fn begin_step(connection: &mut AsyncPgConnection, run: &Run, position: i32) -> Result<i32> {
    let mut step = step(connection, run, position).await;
    step.attempt += 1;
    let attempt = step.attempt;
    change(connection, run, vec![StepChange::Begun(step)], Then::GoesOn).await?;
    Ok(attempt)
}

/// Writes down what a step came to for good.
pub async fn finish_step(
    connection: &mut AsyncPgConnection,
    run: &Run,
    position: i32,
    result: &StepResult,
) -> Result<()> {
    let step = step(connection, run, position).await;
    change(connection, run, vec![StepChange::Ended(step, result.clone())], Then::GoesOn).await
}

/// Gives the run back until the next attempt at a step.
pub async fn retry_later(
    connection: &mut AsyncPgConnection,
    run: &Run,
    position: i32,
    result: &StepResult,
    delay: Duration,
) -> Result<()> {
    let step = step(connection, run, position).await;
    change(connection, run, vec![StepChange::ToBeRetried(step, result.clone(), delay)], Then::Waits(delay)).await
}

/// Ends a run whose steps are all done.
pub async fn complete(connection: &mut AsyncPgConnection, run: &Run, output: Option<&Value>) -> Result<()> {
    change(connection, run, Vec::new(), Then::Completes(output.cloned())).await
}

/// Ends a run that can't go on.
pub async fn fail(connection: &mut AsyncPgConnection, run: &Run, error: &str) -> Result<()> {
    change(connection, run, Vec::new(), Then::Fails(error.to_owned())).await
}

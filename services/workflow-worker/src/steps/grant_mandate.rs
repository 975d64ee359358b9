//! Grants the mandate that the workflow's inputs are.

use database::governance::mandates::grant;
use database::{Pool, Result};
use governance::digest::Digest;
use serde_json::Value;

use super::{Attempt, Call, StepError};

/// Grants it, under the run's fence; once, however often it is tried.
pub async fn run(call: Call<'_>, pool: &Pool) -> Attempt {
    let granted: Result<Value> = async { grant(&mut *pool.get().await?, call.run).await }.await;
    let request = Digest::of_json(&call.scope.inputs);
    match granted {
        Ok(output) => Attempt::made(request, output),
        Err(error) => Attempt::new(request, Err(StepError::backoff(error.to_string()))),
    }
}

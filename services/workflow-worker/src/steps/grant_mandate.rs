//! Grants the mandate that the workflow's inputs are.

use database::governance::mandates::grant;
use database::{Pool, Result};
use governance::digest::Digest;
use serde_json::Value;

use super::{Attempt, Call, Outcome, Retry, StepError};

/// Grants it, under the run's fence; once, however often it is tried.
pub async fn run(call: Call<'_>, pool: &Pool) -> Attempt {
    let granted: Result<Value> = async { grant(&mut *pool.get().await?, call.run).await }.await;
    let outcome = granted.map_err(|error| StepError { message: error.to_string(), retry: Retry::Backoff });
    let response = outcome.as_ref().ok().map(Digest::of_json);
    Attempt {
        request: Digest::of_json(&call.scope.inputs),
        response,
        outcome: outcome.map(Outcome::Done),
        log: Vec::new(),
    }
}

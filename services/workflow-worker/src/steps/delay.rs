//! Waits.

use chrono::Utc;
use governance::steps::{Delay, prepare};

use super::{Attempt, Call, Outcome, StepError};

/// Says how long; the engine does the waiting.
pub fn run(call: Call<'_>) -> Attempt {
    match prepare::<Delay>(call.with, call.scope) {
        Ok((delay, digest)) => {
            let wait = delay.wait(Utc::now()).map_err(|fault| StepError::never(format!("/until {fault}")));
            Attempt::new(digest, wait.map(Outcome::Wait))
        }
        Err(message) => Attempt::unsendable(&call, message),
    }
}

//! Decides which later steps are run.

use governance::digest::Digest;
use governance::steps::{Condition, skipped};
use serde::Deserialize;

use super::{Attempt, Call, Outcome};

/// Evaluates it. The digest of what came back is that of the output, so that evidence shows which way it went.
pub fn run(call: Call<'_>) -> Attempt {
    let condition = match Condition::deserialize(call.with) {
        Ok(condition) => condition,
        Err(error) => return Attempt::unsendable(&call, error.to_string()),
    };
    match condition.decide(call.scope) {
        Ok(result) => {
            let (output, steps) = (Condition::output_of(result), skipped(call.steps, call.name, result));
            let response = Some(Digest::of_json(&output));
            let outcome = Ok(Outcome::Skip { output, steps });
            Attempt { response, ..Attempt::new(Digest::of_json(call.with), outcome) }
        }
        Err(error) => Attempt::unsendable(&call, format!("/if: {error}")),
    }
}

//! Renders a text.

use governance::digest::Digest;
use governance::steps::RenderTemplate;
use serde_json::json;

use super::{Attempt, Call, Outcome, StepError};

/// Renders the template with the values as they are.
pub fn run(call: Call<'_>) -> Attempt {
    let definition: RenderTemplate = match serde_json::from_value(call.with.clone()) {
        Ok(definition) => definition,
        Err(error) => return Attempt::unsendable(&call, error.to_string()),
    };
    let text = match definition.render(call.scope) {
        Ok(text) => text,
        Err(error) => return Attempt::unsendable(&call, error.to_string()),
    };
    let response = Digest::of(text.as_bytes());
    let outcome: Result<_, StepError> = Ok(json!({ "text": text }));
    Attempt {
        request: Digest::of_json(call.with),
        response: Some(response),
        outcome: outcome.map(Outcome::Done),
        log: Vec::new(),
    }
}

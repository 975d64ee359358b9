//! Renders a text.

use governance::digest::Digest;
use governance::steps::RenderTemplate;
use serde::Deserialize;
use serde_json::json;

use super::{Attempt, Call, Outcome};

/// Renders the template with the values as they are.
pub fn run(call: Call<'_>) -> Attempt {
    let definition = match RenderTemplate::deserialize(call.with) {
        Ok(definition) => definition,
        Err(error) => return Attempt::unsendable(&call, error.to_string()),
    };
    match definition.render(call.scope) {
        Ok(text) => {
            let response = Some(Digest::of(text.as_bytes()));
            let outcome = Ok(Outcome::Done(json!({ "text": text })));
            Attempt { response, ..Attempt::new(Digest::of_json(call.with), outcome) }
        }
        Err(error) => Attempt::unsendable(&call, error.to_string()),
    }
}

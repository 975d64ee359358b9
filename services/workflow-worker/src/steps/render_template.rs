//! Renders a text.

use governance::definition::{Format, RenderTemplate};
use governance::digest::Digest;
use governance::template::{Escape, render_text};
use serde_json::json;

use super::{Attempt, Call, StepError};

/// The longest text that is kept, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Renders the template with the values as they are: a text that came from outside is never rendered a second time.
pub fn run(call: Call<'_>) -> Attempt {
    let definition: RenderTemplate = match serde_json::from_value(call.with.clone()) {
        Ok(definition) => definition,
        Err(error) => return Attempt::unsendable(&call, error.to_string()),
    };
    let escape = match definition.format {
        Format::Html => Escape::Html,
        Format::Text => Escape::No,
    };
    let text = match render_text(&definition.template, call.scope, escape) {
        Ok(text) if text.len() <= MAX_BYTES => text,
        Ok(_) => return Attempt::unsendable(&call, format!("the text has more than {MAX_BYTES} bytes")),
        Err(error) => return Attempt::unsendable(&call, error.to_string()),
    };
    let response = Digest::of(text.as_bytes());
    let outcome: Result<_, StepError> = Ok(json!({ "text": text }));
    Attempt { request: Digest::of_json(call.with), response: Some(response), outcome }
}

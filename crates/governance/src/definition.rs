//! What a workflow type consists of: data that is checked before anybody can propose by it.

use std::collections::{BTreeMap, BTreeSet};

use common::ids::StepName;
use common::text_enum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;

use crate::{inputs, template};

const MAX_STEPS: usize = 50;

text_enum! {
    /// What a step does. The worker has one file for each.
    pub enum StepKind {
        /// Calls a URL.
        HttpRequest = "http_request",
        /// Renders a text.
        RenderTemplate = "render_template",
        /// Grants the mandate that the inputs are. It stands in the type that comes with the product, and in no other.
        GrantMandate = "grant_mandate",
    }
}

/// One step of a workflow type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What later steps call it.
    pub name: StepName,
    /// What it does.
    pub kind: StepKind,
    /// What it does it with; each string may hold expressions.
    #[schema(value_type = Object)]
    pub with: Value,
    /// How often it is tried before it has failed for good: 1 to 20, 5 when not said.
    #[serde(default = "five")]
    #[schema(minimum = 1, maximum = 20)]
    pub max_attempts: u32,
    /// How long one attempt may take, in seconds: 1 to 300, 30 when not said.
    #[serde(default = "thirty")]
    #[schema(minimum = 1, maximum = 300)]
    pub timeout_seconds: u32,
}

fn five() -> u32 {
    5
}

fn thirty() -> u32 {
    30
}

/// What an `http_request` step calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    /// GET, HEAD, POST, PUT, PATCH or DELETE; GET when not said.
    #[serde(default = "get")]
    pub method: String,
    /// An absolute http or https URL.
    pub url: String,
    /// Headers to send.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body to send.
    #[serde(default)]
    pub body: Option<Value>,
}

fn get() -> String {
    "GET".to_owned()
}

/// The methods that a call may have.
pub const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// Headers that a call may not set: they are ours, or would change where it goes.
pub const RESERVED_HEADERS: [&str; 6] =
    ["host", "content-length", "transfer-encoding", "connection", "idempotency-key", "x-request-id"];

impl HttpRequest {
    /// What is wrong with the parts that hold no expression, by JSON Pointer.
    fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        let fixed = |text: &str| !text.contains("{{") && !text.contains("{%");
        if fixed(&self.method) && !METHODS.iter().any(|method| method.eq_ignore_ascii_case(&self.method)) {
            faults.push(("/method", format!("must be one of {}", METHODS.join(", "))));
        }
        let callable = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if fixed(&self.url) && !Url::parse(&self.url).is_ok_and(callable) {
            faults.push(("/url", "must be an absolute http or https URL".to_owned()));
        }
        if let Some(name) = self.headers.keys().find(|name| RESERVED_HEADERS.contains(&&*name.to_ascii_lowercase())) {
            faults.push(("/headers", format!("the header {name} can't be set")));
        }
        faults
    }
}

/// What a `render_template` step renders.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderTemplate {
    /// The template.
    pub template: String,
    /// How inserted values are treated; as HTML when not said.
    #[serde(default = "html")]
    pub format: Format,
}

text_enum! {
    /// What a rendered text is.
    pub enum Format {
        /// HTML: inserted values are escaped.
        Html = "html",
        /// Plain text.
        Text = "text",
    }
}

fn html() -> Format {
    Format::Html
}

/// A fault of a workflow type: where it is (RFC 6901) and what it is.
pub type Fault = (String, String);

/// Tells everything that is wrong with these steps, before anybody can propose by them.
pub fn faults(steps: &[Step]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !(1..=MAX_STEPS).contains(&steps.len()) {
        faults.push(("/steps".to_owned(), format!("must have 1 to {MAX_STEPS} steps")));
    }
    let mut earlier = BTreeSet::new();
    for (index, step) in steps.iter().enumerate() {
        let at = |field: &str| format!("/steps/{index}/{field}");
        if !(1..=20).contains(&step.max_attempts) {
            faults.push((at("max_attempts"), "must be 1 to 20".to_owned()));
        }
        if !(1..=300).contains(&step.timeout_seconds) {
            faults.push((at("timeout_seconds"), "must be 1 to 300".to_owned()));
        }
        if let Err(fault) = inputs::check(&step.with, 32) {
            faults.push((at("with"), fault));
        }
        let found = match step.kind {
            StepKind::HttpRequest => HttpRequest::deserialize(&step.with).map(|call| call.faults()),
            StepKind::RenderTemplate => RenderTemplate::deserialize(&step.with).map(|_| Vec::new()),
            StepKind::GrantMandate => {
                faults.push((at("kind"), "comes with the product: no other type can have it".to_owned()));
                continue;
            }
        };
        match found {
            Ok(found) => faults.extend(found.into_iter().map(|(place, fault)| (at("with") + place, fault))),
            Err(fault) => faults.push((at("with"), fault.to_string())),
        }
        check_templates(&step.with, &at("with"), &earlier, &mut faults);
        if !earlier.insert(step.name.as_str()) {
            faults.push((at("name"), format!("{:?} is the name of an earlier step, too", step.name.as_str())));
        }
    }
    faults
}

fn check_templates(value: &Value, pointer: &str, earlier: &BTreeSet<&str>, faults: &mut Vec<Fault>) {
    match value {
        Value::String(text) => {
            if let Err(fault) = template::check(text, earlier) {
                faults.push((pointer.to_owned(), fault.to_string()));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_templates(item, &format!("{pointer}/{index}"), earlier, faults);
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                check_templates(item, &format!("{pointer}/{name}"), earlier, faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn steps(json: Value) -> Vec<Step> {
        serde_json::from_value(json).expect("steps")
    }

    #[test]
    fn a_sound_definition_has_no_faults() {
        let steps = steps(json!([
            {"name": "page", "kind": "render_template", "with": {"template": "<h1>{{ inputs.title }}</h1>"}},
            {"name": "publish", "kind": "http_request",
             "with": {"method": "POST", "url": "{{ inputs.url }}", "body": {"html": "{{ steps.page.output.text }}"}}},
        ]));
        assert_eq!(faults(&steps), []);
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let steps = steps(json!([
            {"name": "page", "kind": "render_template", "with": {"template": "{{ steps.publish.output }}"}},
            {"name": "page", "kind": "http_request", "with": {"uri": "x"}, "max_attempts": 0},
            {"name": "last", "kind": "render_template", "with": {"template": "{{ inputs.a"}, "timeout_seconds": 301},
            {"name": "call", "kind": "http_request",
             "with": {"method": "BREW", "url": "ftp://example.com", "headers": {"Host": "example.org"}}},
        ]));
        let places: Vec<_> = faults(&steps).into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(
            places,
            [
                "/steps/0/with/template",
                "/steps/1/max_attempts",
                "/steps/1/with",
                "/steps/1/name",
                "/steps/2/timeout_seconds",
                "/steps/2/with/template",
                "/steps/3/with/method",
                "/steps/3/with/url",
                "/steps/3/with/headers",
            ]
        );
        assert_eq!(faults(&[])[0].0, "/steps");
    }
}

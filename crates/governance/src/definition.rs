//! What a workflow type consists of: data that is checked before anybody can propose by it.

use std::collections::BTreeMap;

use common::ids::StepName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::check::Known;
use crate::steps::Among;
pub use crate::steps::StepKind;
use crate::{inputs, schema, secrets};

const MAX_STEPS: usize = 50;

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

/// A fault of a workflow type: where it is (RFC 6901) and what it is.
pub type Fault = (String, String);

/// Tells everything that is wrong with a type, before anybody can propose by it.
pub fn faults(input_schema: &Value, steps: &[Step]) -> Vec<Fault> {
    let in_schema = schema::faults(input_schema).into_iter();
    let mut faults: Vec<Fault> = in_schema.map(|(at, fault)| (format!("/input_schema{at}"), fault)).collect();
    // References into a schema that is refused anyway are not followed.
    let input_schema = if faults.is_empty() { input_schema } else { &Value::Bool(true) };
    if !(1..=MAX_STEPS).contains(&steps.len()) {
        faults.push(("/steps".to_owned(), format!("must have 1 to {MAX_STEPS} steps")));
    }
    let mut outputs = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        let at = |field: &str| format!("/steps/{index}/{field}");
        if outputs.contains_key(step.name.as_str()) {
            faults.push((at("name"), format!("{:?} is the name of an earlier step, too", step.name.as_str())));
        }
        if !(1..=20).contains(&step.max_attempts) {
            faults.push((at("max_attempts"), "must be 1 to 20".to_owned()));
        }
        if !(1..=300).contains(&step.timeout_seconds) {
            faults.push((at("timeout_seconds"), "must be 1 to 300".to_owned()));
        }
        if let Err(fault) = inputs::check(&step.with, 32) {
            faults.push((at("with"), fault));
        }
        let known = Known { inputs: input_schema, steps: Some(&outputs) };
        let in_step = step_faults(&Among { steps, index }, &known).into_iter();
        faults.extend(in_step.map(|(place, fault)| (format!("/steps/{index}{place}"), fault)));
        let misplaced = secrets::misplaced(step.kind, &step.with).into_iter();
        faults.extend(misplaced.map(|(place, fault)| (at("with") + &place, fault)));
        outputs.insert(step.name.as_str(), step.kind.output_schema());
    }
    faults
}

/// What is wrong with what a step does, by its place in the step.
fn step_faults(among: &Among<'_>, known: &Known<'_>) -> Vec<Fault> {
    let kind = among.step().kind;
    if kind.comes_with_the_product() {
        return vec![("/kind".to_owned(), "comes with the product: no other type can have it".to_owned())];
    }
    let faults = kind.faults_in(among, known).into_iter();
    faults.map(|(place, fault)| (format!("/with{place}"), fault)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(input_schema: &Value, steps: Value) -> Vec<Fault> {
        faults(input_schema, &serde_json::from_value::<Vec<Step>>(steps).expect("steps"))
    }

    fn places(steps: Value) -> Vec<String> {
        told(&json!({"type": "object"}), steps).into_iter().map(|(place, _)| place).collect()
    }

    #[test]
    fn a_sound_definition_has_no_faults() {
        let steps = json!([
            {"name": "page", "kind": "render_template", "with": {"template": "<h1>{{ inputs.title }}</h1>"}},
            {"name": "publish", "kind": "http_request",
             "with": {"method": "POST", "url": "{{ inputs.url }}", "body": {"html": "{{ steps.page.output.text }}"}}},
            {"name": "tell", "kind": "http_request",
             "with": {"url": "https://example.com/told/{{ steps.publish.output.body.id }}"}},
        ]);
        assert_eq!(told(&json!({"type": "object"}), steps), []);
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let found = places(json!([
            {"name": "page", "kind": "render_template", "with": {"template": "{{ steps.publish.output }}"}},
            {"name": "page", "kind": "http_request", "with": {"uri": "x"}, "max_attempts": 0},
            {"name": "last", "kind": "render_template", "with": {"template": "{{ inputs.a"}, "timeout_seconds": 301},
            {"name": "call", "kind": "http_request",
             "with": {"method": "BREW", "url": "ftp://example.com", "headers": {"Host": "example.org", "x y": "1", "ok": "a\nb"}}},
            {"name": "grant", "kind": "grant_mandate", "with": {}},
        ]));
        assert_eq!(
            found,
            [
                "/steps/0/with/template",
                "/steps/1/name",
                "/steps/1/max_attempts",
                "/steps/1/with",
                "/steps/2/timeout_seconds",
                "/steps/2/with/template",
                "/steps/3/with/method",
                "/steps/3/with/url",
                "/steps/3/with/headers/Host",
                "/steps/3/with/headers/ok",
                "/steps/3/with/headers/x y",
                "/steps/4/kind",
            ]
        );
        assert_eq!(places(json!([])), ["/steps"]);
    }

    #[test]
    fn expressions_are_checked_where_they_stand_and_refused_where_they_would_not_be_evaluated() {
        let body = json!({
            "list": ["ok", "{{ now() }}"], "a/b": "{{ steps.call.output }}", "{{ inputs.name }}": 1, "secret": "{{ secrets.Key }}",
        });
        let url = "https://example.com";
        let found = places(json!([{"name": "call", "kind": "http_request",
            "with": {"url": url, "headers": {"x-{{ inputs.name }}": "1"}, "body": body}}]));
        assert_eq!(
            found,
            [
                "/steps/0/with/headers/x-{{ inputs.name }}",
                "/steps/0/with/body/a~1b",
                "/steps/0/with/body/list/1",
                "/steps/0/with/body/secret",
                "/steps/0/with/body/{{ inputs.name }}",
                "/steps/0/with/headers/x-{{ inputs.name }}",
            ]
        );
    }

    #[test]
    fn references_are_checked_against_the_input_schema_and_the_outputs() {
        let schema =
            json!({"type": "object", "properties": {"title": {"type": "string"}}, "additionalProperties": false});
        let steps = json!([
            {"name": "page", "kind": "render_template", "with": {"template": "{{ inputs.titel }}"}},
            {"name": "call", "kind": "http_request",
             "with": {"url": "https://example.com", "body": ["{{ steps.page.output.html }}", "{{ steps.page.output.text }}"]}},
            {"name": "end", "kind": "render_template", "with": {"template": "{{ steps.call.output.code }}"}},
        ]);
        let hint = |name, near| format!("refers to {name:?}, which the schema does not allow there{near}");
        assert_eq!(
            told(&schema, steps),
            [
                ("/steps/0/with/template".to_owned(), hint("titel", r#"; did you mean "title"?"#)),
                ("/steps/1/with/body/0".to_owned(), hint("html", ", only text")),
                ("/steps/2/with/template".to_owned(), hint("code", ", only body, content_type, status")),
            ]
        );
        let bad = json!({"type": "object", "properties": {"title": {"type": "text"}}});
        let steps = json!([{"name": "page", "kind": "render_template", "with": {"template": "{{ inputs.x }}"}}]);
        assert_eq!(told(&bad, steps.clone())[0].0, "/input_schema/properties/title/type");
        let round = json!({"type": "object", "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}});
        assert_eq!(told(&round, steps)[0].0, "/input_schema/$defs/a/$ref");
    }
}

//! What a workflow would do, without doing it: each step is rendered by the code that the worker renders it with, and
//! nothing is called.

use std::collections::{BTreeMap, BTreeSet};

use common::ids::StepName;
use common::problem::FieldError;
use common::text_enum;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::definition::{Fault, Step, StepKind};
use crate::schema;
use crate::secrets::{self, Secrets};
use crate::steps::{governed, idempotency_key, skipped};
use crate::template::Scope;

/// What stands for the id that a workflow would get.
const WORKFLOW: &str = "<workflow id>";

text_enum! {
    /// Where a step's output in a dry run comes from.
    pub enum OutputSource {
        /// It was rendered: the run has the same.
        Rendered = "rendered",
        /// It was given as an example.
        Example = "example",
        /// Only a run can tell.
        Unknown = "unknown",
    }
}

/// What a step would do.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DryStep {
    /// Which step.
    pub name: StepName,
    /// What it does.
    pub kind: StepKind,
    /// What it does it with: of a call its method, URL, headers and body, of a text the text. What is not known yet
    /// stands in it as it is written in the type, and is listed in `unknown`.
    #[schema(value_type = Object)]
    pub with: Value,
    /// The `Idempotency-Key` that each attempt at its call would carry.
    pub idempotency_key: Option<String>,
    /// The condition that leaves it out: it would not be run.
    pub skipped_because: Option<StepName>,
    /// What later steps were shown as its output.
    #[schema(value_type = Option<Object>)]
    pub output: Option<Value>,
    /// Where that comes from.
    pub output_source: OutputSource,
    /// The places of which only a run can tell what will stand there.
    pub unknown: Vec<Unknown>,
    /// What would make it fail.
    pub errors: Vec<FieldError>,
}

/// A place of which only a run can tell what will stand there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unknown {
    /// Where in `with` (RFC 6901).
    pub pointer: String,
    /// What will be evaluated there.
    pub expression: String,
    /// The steps whose output it depends on: give an example of each to see more.
    pub waits_for: Vec<String>,
}

/// Renders every step with these inputs, and with these examples of what calls answer. Refused when an example is for
/// no call of the type, or could not be what a call gives.
pub fn dry_run(steps: &[Step], inputs: &Value, examples: &BTreeMap<String, Value>) -> Result<Vec<DryStep>, Vec<Fault>> {
    let faults: Vec<_> = examples.iter().flat_map(|(name, example)| example_faults(steps, name, example)).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let secrets = Secrets::known(secrets::used(steps));
    let mut scope = Scope { inputs: inputs.clone(), secrets, ..Scope::default() };
    let mut dry_steps = Vec::with_capacity(steps.len());
    // Steps that depend on a condition of which only a run can tell what it comes to.
    let mut open: BTreeSet<&StepName> = BTreeSet::new();
    let mut left_out: BTreeMap<StepName, StepName> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        let mut dry = step.kind.dry_run(step, &scope);
        let skipped_because = left_out.get(&step.name).cloned();
        let source = match (&dry.output, examples.get(step.name.as_str())) {
            _ if skipped_because.is_some() => OutputSource::Rendered,
            (Some(_), _) => OutputSource::Rendered,
            (None, Some(_)) => OutputSource::Example,
            (None, None) => OutputSource::Unknown,
        };
        dry.output = match &skipped_because {
            // What a step that is not run would do is shown, and that later steps see nothing of it.
            Some(_) => Some(Value::Null),
            None => dry.output.or_else(|| examples.get(step.name.as_str()).cloned()),
        };
        let result = dry.output.as_ref().and_then(|output| output["result"].as_bool());
        if skipped_because.is_none()
            && !open.contains(&step.name)
            && let Some(result) = result
        {
            let names = skipped(steps, &step.name, result).into_iter();
            left_out.extend(names.map(|name| (name, step.name.clone())));
        } else if skipped_because.is_none() {
            open.extend(governed(steps, &step.name));
        }
        if let Some(output) = dry.output.as_ref().filter(|_| !open.contains(&step.name)) {
            scope.finish(step.name.as_str(), output.clone());
        }
        let errors = dry.errors.into_iter();
        dry_steps.push(DryStep {
            name: step.name.clone(),
            kind: step.kind,
            with: dry.with,
            idempotency_key: step.kind.has_key().then(|| idempotency_key(WORKFLOW, &step.name)),
            output: dry.output,
            output_source: source,
            skipped_because,
            unknown: dry.unknown,
            errors: errors
                .map(|(at, detail)| FieldError { pointer: format!("/steps/{index}/with{at}"), detail })
                .collect(),
        });
    }
    Ok(dry_steps)
}

fn example_faults(steps: &[Step], name: &str, example: &Value) -> Vec<Fault> {
    let at = |place: &str| crate::template::place("/outputs", name) + place;
    match steps.iter().find(|step| step.name.as_str() == name).map(|step| step.kind) {
        None => vec![(at(""), "the type has no step of that name".to_owned())],
        Some(kind) if kind.is_pure() => vec![(at(""), "this step calls nothing: it needs no example".to_owned())],
        Some(kind) => schema::violations(kind.output_schema(), example)
            .into_iter()
            .map(|(place, fault)| (at(&place), fault))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn steps() -> Vec<Step> {
        serde_json::from_value(json!([
            {"name": "page", "kind": "render_template", "with": {"template": "<h1>{{ inputs.title }}</h1>"}},
            {"name": "publish", "kind": "http_request", "with": {
                "method": "POST", "url": "{{ inputs.site }}/pages", "headers": {"x-title": "{{ inputs.title }}"},
                "body": {"html": "{{ steps.page.output.text }}", "rank": "{{ inputs.rank }}"}}},
            {"name": "note", "kind": "render_template",
             "with": {"template": "See {{ steps.publish.output.body.url }}", "format": "text"}},
            {"name": "tell", "kind": "http_request", "with": {
                "url": "https://chat.example/{{ steps.publish.output.body.id }}", "body": {"text": "{{ steps.note.output.text }}", "on": "{{ inputs.site }}"}}},
        ]))
        .expect("steps")
    }

    fn run(inputs: Value, examples: Value) -> Result<Vec<DryStep>, Vec<Fault>> {
        dry_run(&steps(), &inputs, &serde_json::from_value(examples).expect("examples"))
    }

    #[test]
    fn what_is_known_is_rendered_and_the_rest_is_marked() {
        let inputs = json!({"title": "A & B", "site": "https://shop.example", "rank": 3});
        let [page, publish, note, tell] = run(inputs, json!({})).expect("runs").try_into().expect("four steps");
        assert_eq!(page.output, Some(json!({"text": "<h1>A &amp; B</h1>"})));
        assert_eq!((page.output_source, page.idempotency_key), (OutputSource::Rendered, None));
        assert_eq!(
            publish.with,
            json!({"method": "POST", "url": "https://shop.example/pages", "headers": {"x-title": "A & B"},
                   "body": {"html": "<h1>A &amp; B</h1>", "rank": 3}})
        );
        assert_eq!(publish.idempotency_key.as_deref(), Some("<workflow id>/publish"));
        assert_eq!((publish.output, publish.output_source), (None, OutputSource::Unknown));
        assert_eq!(note.unknown[0].waits_for, ["publish"]);
        assert_eq!(
            tell.with,
            json!({"method": "GET", "url": "https://chat.example/{{ steps.publish.output.body.id }}",
                   "body": {"text": "{{ steps.note.output.text }}", "on": "https://shop.example"}})
        );
        let marked: Vec<_> = tell.unknown.iter().map(|one| (one.pointer.as_str(), one.waits_for.join(","))).collect();
        assert_eq!(marked, [("/body/text", "note".to_owned()), ("/url", "publish".to_owned())]);
        assert_eq!([page.errors, publish.errors, note.errors, tell.errors].concat(), []);
    }

    #[test]
    fn an_example_answers_for_a_call() {
        let inputs = json!({"title": "T", "site": "https://shop.example", "rank": 1});
        let example = json!({"publish": {"status": 201, "body": {"id": 7, "url": "https://shop.example/7"}}});
        let [_, publish, note, tell] = run(inputs.clone(), example).expect("runs").try_into().expect("four steps");
        assert_eq!(publish.output_source, OutputSource::Example);
        assert_eq!(note.with, json!({"format": "text", "text": "See https://shop.example/7"}));
        assert_eq!(tell.with["url"], "https://chat.example/7");
        assert_eq!(tell.with["body"]["text"], "See https://shop.example/7");
        assert!(tell.unknown.is_empty());

        let places = |examples: Value| {
            let faults = run(inputs.clone(), examples).expect_err("faults");
            faults.into_iter().map(|(place, _)| place).collect::<Vec<_>>()
        };
        assert_eq!(places(json!({"no": {}, "page": {"text": "x"}})), ["/outputs/no", "/outputs/page"]);
        assert_eq!(places(json!({"publish": {"status": "ok"}})), ["/outputs/publish/status"]);
        assert_eq!(places(json!({"publish": 1})), ["/outputs/publish"]);
    }

    #[test]
    fn what_would_fail_is_told_with_its_place() {
        let inputs = json!({"title": "two\nlines", "site": "shop.example", "rank": 1});
        let [_, publish, note, tell] =
            run(inputs, json!({"publish": {"body": {"id": 1}}})).expect("runs").try_into().expect("four steps");
        let told: Vec<_> =
            [publish, note, tell].into_iter().flat_map(|step| step.errors).map(|error| error.pointer).collect();
        // The last step is shown as far as it can be, though the run would not come to it.
        assert_eq!(told, ["/steps/1/with/url", "/steps/1/with/headers/x-title", "/steps/2/with/template"]);
        let [page, publish, _, _] =
            run(json!({"site": "https://shop.example"}), json!({})).expect("runs").try_into().expect("four steps");
        assert_eq!(page.errors[0].pointer, "/steps/0/with/template");
        let places: Vec<_> = publish.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(places, ["/steps/1/with/body/rank", "/steps/1/with/headers/x-title"]);
        assert_eq!(publish.unknown[0].waits_for, ["page"]);
    }

    #[test]
    fn what_a_condition_leaves_out_is_shown_as_such() {
        let text = |name: &str, template: &str| json!({"name": name, "kind": "transform", "with": {"value": template}});
        let steps: Vec<Step> = serde_json::from_value(json!([
            {"name": "call", "kind": "http_request", "with": {"url": "https://example.com"}},
            {"name": "large", "kind": "condition", "with": {"if": "inputs.amount > 5", "then": ["ask"], "else": ["note"]}},
            text("ask", "ask"), text("note", "note"),
            {"name": "found", "kind": "condition", "with": {"if": "steps.call.output.status == 200", "then": ["tell"]}},
            text("tell", "tell"),
            text("end", "{{ steps.note.output }}"), text("open", "{{ steps.tell.output }}"),
        ]))
        .expect("steps");
        let run = |examples: Value| {
            let examples = serde_json::from_value(examples).expect("examples");
            let steps = dry_run(&steps, &json!({"amount": 6}), &examples).expect("runs");
            steps.into_iter().map(|step| (step.name.as_str().to_owned(), step)).collect::<BTreeMap<_, _>>()
        };
        let shown = run(json!({}));
        assert_eq!(shown["large"].output, Some(json!({"result": true})));
        assert_eq!((&shown["ask"].skipped_because, &shown["ask"].output), (&None, &Some(json!("ask"))));
        assert_eq!(shown["note"].skipped_because.as_ref().map(StepName::as_str), Some("large"));
        assert_eq!((&shown["note"].output, &shown["end"].output), (&Some(Value::Null), &Some(Value::Null)));
        // Whether it is run, only the call can tell: nothing is built on it.
        assert_eq!(shown["found"].unknown[0].waits_for, ["call"]);
        assert_eq!((&shown["tell"].skipped_because, &shown["open"].output), (&None, &None));
        assert_eq!(shown["open"].unknown[0].waits_for, ["tell"]);
        let shown = run(json!({"call": {"status": 404}}));
        assert_eq!(shown["tell"].skipped_because.as_ref().map(StepName::as_str), Some("found"));
        assert_eq!(shown["open"].output, Some(Value::Null));
        assert!(shown.values().all(|step| step.errors.is_empty() && step.unknown.is_empty()));
    }
}
